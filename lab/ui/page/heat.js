// How many requests took how long, over time: the darker a cell, the more. A box that is drawn over it asks for those traces.

import { useMedia, useSize } from "../base/dom.js";
import { clock, duration, plural } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";

const LEFT = 60;
const HIGH = 170;
const AXIS = 20;
/** How long before a request its trace may have begun, in milliseconds. */
const EARLIER = 500;

/** @typedef {{ x0: number, y0: number, x1: number, y1: number }} Cells from and to, both of them in it */

/** @param {{ data: import("./over-time.js").Service, from: number, until: number, step: number, marks: import("../base/chart.js").Mark[], query: (more: string) => string }} properties */
export function HeatMap({ query, ...latest }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const { width } = useSize(field);
  const dark = useMedia("(prefers-color-scheme: dark)");
  const [box, setBox] = useState(/** @type {Cells | null} */ (null));
  // What a box is drawn over does not move on below it.
  const held = useRef(latest);
  if (!box) held.current = latest;
  const { data, from, until, step, marks } = held.current;
  const grid = useMemo(() => gridOf(data, from, until, step), [data, from, until, step]);
  const wide = Math.max(width - LEFT, 1) / grid.columns;
  const tall = (HIGH - AXIS) / grid.rows;
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, { grid, width, from, until, marks });
  }, [grid, width, dark, marks, document.documentElement.dataset.theme]);
  const cellAt = (/** @type {PointerEvent} */ event) => {
    const bounds = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(most - 1, Math.floor(value)));
    return { x: clamp((event.clientX - bounds.left - LEFT) / wide, grid.columns), y: clamp(grid.rows - (event.clientY - bounds.top) / tall, grid.rows) };
  };
  const begin = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    const { x, y } = cellAt(event);
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    setBox({ x0: x, y0: y, x1: x, y1: y });
  };
  const drag = (/** @type {PointerEvent} */ event) => {
    if (!box || !(event.buttons & 1)) return;
    const { x, y } = cellAt(event);
    setBox({ ...box, x1: x, y1: y });
  };
  const open = (/** @type {Cells} */ cells) => {
    const { x0, x1, y0, y1 } = sorted(cells);
    // What a cell counts are requests to the service, so that their durations are asked for and not the traces'.
    const least = y0 + grid.first === 0 ? "" : ` && duration >= ${Math.floor(grid.longest(y0))}ns`;
    go(link("traces", {
      q: query(`${least} && duration < ${Math.ceil(grid.longest(y1 + 1))}ns`),
      from: String(Math.round((from + x0 * step) * 1000) - EARLIER),
      until: String(Math.round((from + (x1 + 1) * step) * 1000)),
    }));
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "Enter" && box) open(box);
    else if (event.key === "Escape") setBox(null);
    else if (by) {
      const now = box ?? { x0: grid.columns - 1, y0: 0, x1: grid.columns - 1, y1: 0 };
      const x = Math.max(0, Math.min(grid.columns - 1, now.x1 + (by[0] ?? 0)));
      const y = Math.max(0, Math.min(grid.rows - 1, now.y1 + (by[1] ?? 0)));
      setBox(event.shiftKey ? { ...now, x1: x, y1: y } : { x0: x, y0: y, x1: x, y1: y });
    } else return;
    event.preventDefault();
  };
  const shown = box && sorted(box);
  const inside = shown ? grid.cells.reduce((sum, [x, y, number]) => (x >= shown.x0 && x <= shown.x1 && y >= shown.y0 && y <= shown.y1 ? sum + number : sum), 0) : 0;
  const says = shown ? `${plural(inside, "request")}, ${duration(grid.longest(shown.y0))} to ${duration(grid.longest(shown.y1 + 1))}, ${clock((from + shown.x0 * step) * 1000)} to ${clock((from + (shown.x1 + 1) * step) * 1000)}` : "";
  return html`<figure class="heat"><figcaption>how many took how long, the stronger the more: draw a box to see those traces</figcaption>
    <div ref=${field} class="heat-field" role="application" tabindex="0" aria-label="requests by time and duration; arrows move, with Shift they draw a box, Enter opens its traces" aria-describedby="heat-says"
      onPointerDown=${begin} onPointerMove=${drag} onPointerUp=${() => box && inside > 0 && open(box)} onKeyDown=${key} onBlur=${() => setBox(null)}>
      <canvas ref=${canvas} style=${{ width: `${width}px`, height: `${HIGH}px` }}></canvas>
      ${shown && html`<i class="box" style=${{ left: `${LEFT + shown.x0 * wide}px`, width: `${(shown.x1 - shown.x0 + 1) * wide}px`, top: `${(grid.rows - shown.y1 - 1) * tall}px`, height: `${(shown.y1 - shown.y0 + 1) * tall}px` }}></i>`}
    </div><p id="heat-says" class="note over" role="status">${says}</p></figure>`;
}

/**
 * @param {Cells} cells
 * @returns {Cells}
 */
function sorted({ x0, y0, x1, y1 }) {
  return { x0: Math.min(x0, x1), x1: Math.max(x0, x1), y0: Math.min(y0, y1), y1: Math.max(y0, y1) };
}

/**
 * The cells with requests, from the shortest bucket that has any to the longest.
 * @param {import("./over-time.js").Service} data
 * @param {number} from
 * @param {number} until
 * @param {number} step
 */
function gridOf(data, from, until, step) {
  const used = data.points.flatMap((it) => it.buckets.map(([bucket]) => bucket));
  const first = used.length > 0 ? Math.min(...used) : 0;
  const last = used.length > 0 ? Math.max(...used) : 0;
  const columns = Math.max(Math.floor((until - from) / step), 1);
  /** @type {[number, number, number][]} */
  const cells = [];
  let most = 1;
  for (const { unix_ns, buckets } of data.points) {
    const x = Math.floor((unix_ns / 1e9 - from) / step + 1e-6);
    if (x < 0 || x >= columns) continue;
    for (const [bucket, number] of buckets) {
      cells.push([x, bucket - first, number]);
      most = Math.max(most, number);
    }
  }
  const longest = (/** @type {number} */ row) => data.shortest_ns * 10 ** ((first + row) / data.per_decade);
  return { columns, rows: last - first + 1, first, cells, most, longest };
}

/**
 * The round durations within the rows, the shortest first.
 * @param {ReturnType<typeof gridOf>} grid
 */
function round(grid) {
  const [low, high] = [grid.longest(0), grid.longest(grid.rows)];
  const rowOf = (/** @type {number} */ took) => (grid.rows * Math.log(took / low)) / Math.log(high / low);
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    for (const digit of [1, 2, 5]) {
      const took = digit * 10 ** power;
      // Without the decimals of other durations.
      if (took >= low && took <= high) ticks.push({ text: duration(took).replace(/\.0+(?= )/, ""), row: rowOf(took) });
    }
  }
  return ticks;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ grid: ReturnType<typeof gridOf>, width: number, from: number, until: number, marks: import("../base/chart.js").Mark[] }} what
 */
function draw(canvas, { grid, width, from, until, marks }) {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(HIGH * ratio);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const across = width - LEFT;
  const [wide, tall] = [across / grid.columns, (HIGH - AXIS) / grid.rows];
  for (const { from: begins, until: ends, place } of marks) {
    const left = Math.max((begins - from) / (until - from), 0);
    const right = Math.min((ends - from) / (until - from), 1);
    context.fillStyle = colour(place % 2 === 0 ? "--mark" : "--mark-other");
    if (right > left) context.fillRect(LEFT + left * across, 0, (right - left) * across, HIGH - AXIS);
  }
  context.fillStyle = colour("--accent");
  for (const [x, y, number] of grid.cells) {
    context.globalAlpha = 0.18 + 0.82 * Math.sqrt(number / grid.most);
    context.fillRect(LEFT + x * wide, (grid.rows - y - 1) * tall, Math.max(wide - 1, 1), Math.max(tall - 1, 1));
  }
  context.globalAlpha = 1;
  context.fillStyle = colour("--quiet");
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "right";
  let last = Number.POSITIVE_INFINITY;
  for (const { text, row } of round(grid)) {
    const at = (grid.rows - row) * tall;
    if (at < 8 || last - at < 18) continue;
    context.fillText(text, LEFT - 6, at + 4);
    last = at;
  }
  context.textAlign = "center";
  const ticks = Math.max(2, Math.floor(across / 110));
  for (let tick = 1; tick < ticks; tick += 1) {
    const at = from + ((until - from) * tick) / ticks;
    context.fillText(clock(at * 1000), LEFT + (across * tick) / ticks, HIGH - 5);
  }
}

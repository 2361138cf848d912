// Traces as dots: duration over time. Drawn on a canvas, since ten thousand elements would not be fluid; the list has the same traces
// for those who do not see it.

import { placeOfName } from "../base/colours.js";
import { useSize, useTheme } from "../base/dom.js";
import { duration, printable, step } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";

const HIGH = 150;
/** Where the dots are: pixels from the left, the right, the top and the bottom. */
const [LEFT, RIGHT, ABOVE, BELOW] = [60, 15, 8, 22];
/** How near the pointer must be to a dot, in pixels. */
const NEAR = 9;
/** The shortest duration that has a place of its own, in nanoseconds. */
const SHORTEST = 1e3;

/**
 * @typedef {import("./traces.js").Found} Found
 * @typedef {{ from: number, until: number, least: number, most: number }} Box milliseconds since 1970, nanoseconds
 */

/** @param {{ list: Found[], onBox: (box: Box) => void }} properties */
export function Scatter({ list, onBox }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const { width } = useSize(field);
  const theme = useTheme();
  const [over, setOver] = useState(/** @type {Found | null} */ (null));
  const [drag, setDrag] = useState(/** @type {[number, number, number, number] | null} */ (null));
  const scales = useMemo(() => scalesOf(list, width), [list, width]);
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, list, scales, over);
  }, [list, scales, over, theme]);
  const at = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    return /** @type {const} */ ([event.clientX - box.left, event.clientY - box.top]);
  };
  const moved = (/** @type {PointerEvent} */ event) => {
    const [x, y] = at(event);
    if (drag) setDrag([drag[0], drag[1], x, y]);
    else setOver(nearest(list, scales, x, y));
  };
  const let_go = () => {
    setDrag(null);
    if (!drag) return;
    const [left, right] = [Math.min(drag[0], drag[2]), Math.max(drag[0], drag[2])];
    const [top, bottom] = [Math.min(drag[1], drag[3]), Math.max(drag[1], drag[3])];
    if (right - left > NEAR && bottom - top > NEAR) onBox({ from: Math.floor(scales.time(left)), until: Math.ceil(scales.time(right)), least: Math.round(scales.took(bottom)), most: Math.round(scales.took(top)) });
    else if (over) go(link(`trace/${over.id}`));
  };
  return html`<div class="scatter" ref=${field}>
    ${list.length > 0 && html`<div class="dots" style=${`height:${HIGH}px`} onPointerMove=${moved} onPointerLeave=${() => !drag && setOver(null)}
      onPointerDown=${(/** @type {PointerEvent} */ event) => { /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId); const [x, y] = at(event); setDrag([x, y, x, y]); }}
      onPointerUp=${let_go} onPointerCancel=${() => setDrag(null)}>
      <canvas ref=${canvas} role="img" aria-label="duration over time; the list below has the same traces"></canvas>
      ${drag && html`<i class="box" style=${`left:${Math.min(drag[0], drag[2])}px;top:${Math.min(drag[1], drag[3])}px;width:${Math.abs(drag[0] - drag[2])}px;height:${Math.abs(drag[1] - drag[3])}px`}></i>`}
    </div>`}
    <p class="note over">${over ? html`${printable(over.service)} ${printable(over.name)}, ${duration(over.took)}, ${new Date(over.start).toLocaleTimeString()}` : "a dot is a trace, a ring one with errors; a click opens it, a box narrows down to what is in it"}</p></div>`;
}

/**
 * @param {Found[]} list
 * @param {number} width
 */
function scalesOf(list, width) {
  let [first, last, low, top] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, SHORTEST];
  for (const it of list) {
    first = Math.min(first, it.start);
    last = Math.max(last, it.start);
    low = Math.min(low, Math.max(it.took, SHORTEST));
    top = Math.max(top, it.took);
  }
  const [from, span] = [first, Math.max(last - first, 1)];
  const [base, decades] = [Math.log10(low) - 0.1, Math.max(Math.log10(top) - Math.log10(low) + 0.2, 0.1)];
  const [wide, high] = [Math.max(width - LEFT - RIGHT, 10), HIGH - ABOVE - BELOW];
  return {
    first, last, base, decades, width,
    x: (/** @type {number} */ start) => LEFT + ((start - from) / span) * wide,
    y: (/** @type {number} */ took) => ABOVE + (1 - (Math.log10(Math.max(took, SHORTEST)) - base) / decades) * high,
    time: (/** @type {number} */ x) => from + ((x - LEFT) / wide) * span,
    took: (/** @type {number} */ y) => 10 ** (base + (1 - (y - ABOVE) / high) * decades),
  };
}

/**
 * @param {Found[]} list
 * @param {ReturnType<typeof scalesOf>} scales
 * @param {number} x
 * @param {number} y
 * @returns {Found | null}
 */
function nearest(list, scales, x, y) {
  let found = null;
  let least = NEAR ** 2;
  for (const it of list) {
    const away = (scales.x(it.start) - x) ** 2 + (scales.y(it.took) - y) ** 2;
    if (away > least) continue;
    found = it;
    least = away;
  }
  return found;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Found[]} list
 * @param {ReturnType<typeof scalesOf>} scales
 * @param {Found | null} over
 */
function draw(canvas, list, scales, over) {
  const { width, first, last, base, decades, x, y } = scales;
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  canvas.width = width * devicePixelRatio;
  canvas.height = HIGH * devicePixelRatio;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(devicePixelRatio, devicePixelRatio);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colour("--quiet");
  context.strokeStyle = colour("--rule");
  context.textAlign = "right";
  for (let power = Math.ceil(base); power <= base + decades; power += 1) {
    const at = y(10 ** power);
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width, at);
    context.stroke();
    context.fillText(duration(10 ** power), LEFT - 6, at + 4);
  }
  context.textAlign = "center";
  const size = step(Math.max(last - first, 1), Math.max(width / 130, 1));
  for (let at = Math.ceil(first / size) * size; at <= last; at += size) {
    if (x(at) < width - 30) context.fillText(new Date(at).toLocaleTimeString([], size < 1000 ? { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 } : {}), x(at), HIGH - 5);
  }
  const colours = Array.from({ length: 8 }, (_, place) => colour(`--s${place}`));
  const bad = colour("--bad");
  for (const it of list) {
    context.beginPath();
    context.arc(x(it.start), y(it.took), it === over ? 6 : 3.5, 0, 7);
    if (it.errors > 0) {
      context.strokeStyle = bad;
      context.lineWidth = 2;
      context.stroke();
    } else {
      context.globalAlpha = it === over ? 1 : 0.55;
      context.fillStyle = colours[placeOfName(it.name)] ?? bad;
      context.fill();
      context.globalAlpha = 1;
    }
  }
}

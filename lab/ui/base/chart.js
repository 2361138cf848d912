// A line chart over time (uPlot), in the colours of the page, with stretches of time marked.

import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { useMedia } from "./dom.js";
import { clock as timeOfDay } from "./format.js";

/**
 * @typedef {{ label: string, colour: string, values: (number | null)[], fill?: boolean, dash?: number[], thin?: boolean, gaps?: boolean }} Series `colour` is a CSS variable; `gaps`: there may be no value for a while, and the line goes on
 * @typedef {{ from: number, until: number, label: string, place: number }} Mark
 * @typedef {{ at: number, value: number, bad: boolean, title: string }} Dot something single that is behind the lines
 */

/** How near to a dot one has to point, in pixels. */
const NEAR = 14;
/** What is left of a name that has no room, in characters. */
const SHORTEST = 3;

/**
 * @param {object} properties
 * @param {string} properties.title
 * @param {number[]} properties.times seconds
 * @param {Series[]} properties.series
 * @param {Mark[]} [properties.marks]
 * @param {Dot[]} [properties.dots]
 * @param {(dot: Dot) => void} [properties.onDot]
 * @param {(value: number) => string} properties.format
 * @param {number} [properties.height]
 * @param {number} [properties.least] up to which value the axis goes at least
 * @param {boolean} [properties.clock] whether times are moments, not seconds from a start
 * @param {string} [properties.sync] charts of one name share the cursor
 */
export function Chart({ title, times, series, marks = [], dots = [], onDot, format, height = 150, least = 0, clock = false, sync }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const dark = useMedia("(prefers-color-scheme: dark)");
  const data = [times, ...series.map((it) => it.values)];
  const shape = `${dark} ${document.documentElement.dataset.theme} ${series.map((it) => it.label).join()} ${height}`;
  const shown = useRef({ marks, dots, onDot });
  shown.current = { marks, dots, onDot };
  useEffect(() => {
    const element = field.current;
    if (!element) return undefined;
    const style = getComputedStyle(element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const options = {
      width: Math.max(element.clientWidth, 200),
      height,
      cursor: { y: false, points: { size: 6 }, ...(sync ? { sync: { key: sync } } : {}) },
      legend: { show: true, live: true },
      scales: { x: { time: clock }, y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, shown.current.dots.reduce((top, it) => Math.max(top, it.value), Math.max(most, least, Number.MIN_VALUE)) * 1.1 || 1] } },
      axes: [
        { ...axis, ...(clock ? { space: 90, size: 30 } : {}), values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((it) => (clock ? timeOfDay(it * 1000) : `${it} s`)) },
        { ...axis, size: 60, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(format) },
      ],
      series: [
        clock ? { label: "", value: told((at) => timeOfDay(at * 1000)) } : { label: "after", value: told((at) => `${at.toFixed(1)} s`) },
        ...series.map((it) => ({
          label: it.label,
          stroke: colour(it.colour),
          width: it.thin ? 1 : 1.5,
          points: { show: false },
          spanGaps: it.gaps ?? false,
          ...(it.dash ? { dash: it.dash } : {}),
          ...(it.fill ? { fill: `color-mix(in srgb, ${colour(it.colour)} 18%, transparent)` } : {}),
          value: told(format),
        })),
      ],
      hooks: {
        drawClear: [(/** @type {any} */ chart) => drawMarks(chart, shown.current.marks, colour)],
        draw: [(/** @type {any} */ chart) => drawLabels(chart, shown.current.marks, colour), (/** @type {any} */ chart) => drawDots(chart, shown.current.dots, colour)],
      },
    };
    plot.current = new uPlot(options, data, element);
    const over = plot.current.over;
    const pointed = (/** @type {MouseEvent} */ event) => (shown.current.onDot ? nearest(plot.current, shown.current.dots, event) : null);
    over.addEventListener("mousemove", (/** @type {MouseEvent} */ event) => {
      const dot = pointed(event);
      over.style.cursor = dot ? "pointer" : "";
      over.title = dot?.title ?? "";
    });
    over.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const dot = pointed(event);
      if (dot) shown.current.onDot?.(dot);
    });
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(element.clientWidth, 200), height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [times, series]);
  useEffect(() => {
    // Nothing is measured anew: there may be no measure yet.
    plot.current?.redraw(false);
  }, [marks, dots]);
  return html`<figure class="chart"><figcaption>${title}</figcaption><div ref=${field} role="img" aria-label=${title}></div></figure>`;
}

/**
 * What the legend says of a series: its value where one points, and the last one while nobody does.
 * @param {(value: number) => string} format
 */
function told(format) {
  return (/** @type {any} */ chart, /** @type {number | null} */ pointed, /** @type {number} */ place, /** @type {number | null} */ index) => {
    const value = index === null || index === undefined ? chart.data[place][latest(chart.data)] : pointed;
    return value === null || value === undefined ? "–" : format(value);
  };
}

/**
 * The last place at which there is a value.
 * @param {(number | null)[][]} data the times, and the values of each series
 */
function latest([times, ...series]) {
  let at = (times?.length ?? 0) - 1;
  while (at > 0 && series.every((values) => (values[at] ?? null) === null)) at -= 1;
  return at;
}

/**
 * @param {any} chart
 * @param {Mark[]} marks
 * @param {(name: string) => string} colour
 */
function drawMarks(chart, marks, colour) {
  const { ctx, bbox } = chart;
  ctx.save();
  for (const { left, right, mark } of stretches(chart, marks)) {
    ctx.fillStyle = colour(mark.place % 2 === 0 ? "--mark" : "--mark-other");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

/**
 * What the stretches are called, over the lines of the grid.
 * @param {any} chart
 * @param {Mark[]} marks
 * @param {(name: string) => string} colour
 */
function drawLabels(chart, marks, colour) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  for (const { left, right, mark } of stretches(chart, marks)) {
    const room = right - left - 6 * devicePixelRatio;
    let text = mark.label;
    for (let size = mark.label.length; size > SHORTEST && ctx.measureText(text).width > room; size -= 1) text = `${mark.label.slice(0, size)}…`;
    const width = ctx.measureText(text).width;
    if (width > room) continue;
    const [x, y] = [left + 4 * devicePixelRatio, bbox.top + 12 * devicePixelRatio];
    ctx.fillStyle = colour(mark.place % 2 === 0 ? "--mark" : "--mark-other");
    ctx.fillRect(x, y - 10 * devicePixelRatio, width, 13 * devicePixelRatio);
    ctx.fillStyle = colour("--quiet");
    ctx.fillText(text, x, y);
  }
  ctx.restore();
}

/**
 * Where marks are, as far as they can be seen.
 * @param {any} chart
 * @param {Mark[]} marks
 */
function stretches(chart, marks) {
  const { left: least, width } = chart.bbox;
  return marks.map((mark) => ({ mark, left: Math.max(chart.valToPos(mark.from, "x", true), least), right: Math.min(chart.valToPos(mark.until, "x", true), least + width) })).filter(({ left, right }) => right > left);
}

/**
 * @param {any} chart
 * @param {Dot[]} dots
 * @param {(name: string) => string} colour
 */
function drawDots(chart, dots, colour) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  for (const { at, value, bad } of dots) {
    ctx.beginPath();
    ctx.arc(chart.valToPos(at, "x", true), chart.valToPos(value, "y", true), 2.5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fillStyle = colour("--panel");
    ctx.strokeStyle = colour(bad ? "--bad" : "--quiet");
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/**
 * The dot that is pointed at.
 * @param {any} chart
 * @param {Dot[]} dots
 * @param {MouseEvent} event
 * @returns {Dot | null}
 */
function nearest(chart, dots, event) {
  let found = null;
  let least = NEAR;
  for (const dot of dots) {
    const away = Math.hypot(chart.valToPos(dot.at, "x") - event.offsetX, chart.valToPos(dot.value, "y") - event.offsetY);
    if (away < least) [found, least] = [dot, away];
  }
  return found;
}

// A line chart over time (uPlot), in the colours of the page, with stretches of time marked.

import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { useMedia } from "./dom.js";

/**
 * @typedef {{ label: string, colour: string, values: (number | null)[], fill?: boolean, dash?: number[] }} Series `colour` is a CSS variable
 * @typedef {{ from: number, until: number, label: string, place: number }} Mark
 */

/**
 * @param {object} properties
 * @param {string} properties.title
 * @param {number[]} properties.times seconds
 * @param {Series[]} properties.series
 * @param {Mark[]} [properties.marks]
 * @param {(value: number) => string} properties.format
 * @param {number} [properties.height]
 * @param {boolean} [properties.clock] whether times are moments, not seconds from a start
 * @param {string} [properties.sync] charts of one name share the cursor
 */
export function Chart({ title, times, series, marks = [], format, height = 150, clock = false, sync }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const dark = useMedia("(prefers-color-scheme: dark)");
  const data = [times, ...series.map((it) => it.values)];
  const shape = `${dark} ${document.documentElement.dataset.theme} ${series.map((it) => it.label).join()} ${height}`;
  const latest = useRef({ marks });
  latest.current = { marks };
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
      scales: { x: { time: clock }, y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, Math.max(most, Number.MIN_VALUE) * 1.1 || 1] } },
      axes: [
        { ...axis, ...(clock ? {} : { values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((it) => `${it} s`) }) },
        { ...axis, size: 60, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map(format) },
      ],
      series: [
        clock ? {} : { label: "after", value: (/** @type {any} */ _, /** @type {number | null} */ at) => (at === null ? "–" : `${at.toFixed(1)} s`) },
        ...series.map((it) => ({
          label: it.label,
          stroke: colour(it.colour),
          width: 1.5,
          points: { show: false },
          ...(it.dash ? { dash: it.dash } : {}),
          ...(it.fill ? { fill: `color-mix(in srgb, ${colour(it.colour)} 18%, transparent)` } : {}),
          value: (/** @type {any} */ _, /** @type {number | null} */ value) => (value === null || value === undefined ? "–" : format(value)),
        })),
      ],
      hooks: { drawClear: [(/** @type {any} */ chart) => drawMarks(chart, latest.current.marks, colour)] },
    };
    plot.current = new uPlot(options, data, element);
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
  return html`<figure class="chart"><figcaption>${title}</figcaption><div ref=${field} role="img" aria-label=${title}></div></figure>`;
}

/**
 * @param {any} chart
 * @param {Mark[]} marks
 * @param {(name: string) => string} colour
 */
function drawMarks(chart, marks, colour) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const { from, until, label, place } of marks) {
    const left = Math.max(chart.valToPos(from, "x", true), bbox.left);
    const right = Math.min(chart.valToPos(until, "x", true), bbox.left + bbox.width);
    if (!(right > left)) continue;
    ctx.fillStyle = colour(place % 2 === 0 ? "--mark" : "--mark-other");
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = colour("--quiet");
    if (label) ctx.fillText(label, left + 4 * devicePixelRatio, bbox.top + 12 * devicePixelRatio, right - left);
  }
  ctx.restore();
}

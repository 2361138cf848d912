// What a service measures itself, as it sends it over OTLP: connections of its pool, what waits in its queue, memory, processor time.

import { Chart } from "../base/chart.js";
import { count, digits, duration, percent, printable } from "../base/format.js";
import { html, useMemo } from "../vendor/preact-htm.js";
import { useLatest } from "./api.js";
import { Trouble } from "./trouble.js";

/**
 * @typedef {{ service: string, instance: string, attributes: Record<string, string>, points: [number, number][] }} Line
 * @typedef {{ name: string, unit: string, description: string, values: "value" | "per-second" | "mean", lines: Line[] }} Metric
 */

/** How many lines a chart has, those with the largest values. */
const MOST = 4;
/** What a line looks like. */
const LOOKS = [{ colour: "--line-1" }, { colour: "--line-2", dash: [6, 3] }, { colour: "--line-3" }, { colour: "--line-1", dash: [2, 3] }];
/** The longest label, in characters. */
const LONGEST = 28;
const MEANINGS = { value: "", "per-second": " a second", mean: ", mean" };

/** @param {{ service: string, from: number, until: number, step: number, marks: import("../base/chart.js").Mark[], names?: string[] }} properties `names`: only these, of other services if this one has none of them */
export function OwnMetrics({ service, from, until, step, marks, names = [] }) {
  const asked = new URLSearchParams([...(names.length > 0 ? names.map((it) => ["metric", it]) : [["service", service]]), ["from", String(from)], ["until", String(until)]]);
  const { data, trouble } = useLatest(`/lab/metrics?${asked}`, `${service} ${names}`);
  const metrics = useMemo(() => /** @type {Metric[]} */ (data?.metrics ?? []).map((it) => {
    const own = it.lines.filter((line) => line.service === service);
    return own.length > 0 ? { ...it, lines: own } : it;
  }), [data, service]);
  if (!data) return html`<${Trouble} trouble=${trouble} waiting="asking the lab" />`;
  if (metrics.length === 0) return html`<p class="quiet">${names.length > 0 ? "None of it has been sent" : `${printable(service)} has sent none`} in this time.</p>`;
  return html`<div class="charts own">${metrics.map((it) => html`<${One} key=${`${it.name} ${it.values}`} metric=${it} from=${from} until=${until} step=${step} marks=${marks} />`)}</div>`;
}

/** @param {{ metric: Metric, from: number, until: number, step: number, marks: import("../base/chart.js").Mark[] }} properties */
function One({ metric, from, until, step, marks }) {
  const times = useMemo(() => Array.from({ length: Math.floor((until - from) / step) }, (_, at) => from + at * step), [from, until, step]);
  const most = (/** @type {Line} */ it) => it.points.reduce((most, [, value]) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const series = useMemo(() => {
    const labels = named(metric.lines);
    const largest = metric.lines.map((line, at) => ({ line, label: labels[at] ?? "" })).sort((one, other) => most(other.line) - most(one.line)).slice(0, MOST);
    return largest.map(({ line, label }, at) => ({ label: short(printable(label || (metric.name.split(".").pop() ?? ""))), ...(LOOKS[at] ?? { colour: "--line-1" }), values: onto(times, step, line.points), gaps: true }));
  }, [metric, times]);
  const hidden = metric.lines.length - series.length;
  return html`<${Chart} title=${`${printable(metric.name)}${MEANINGS[metric.values]}${hidden > 0 ? `; ${hidden} smaller ones are not shown` : ""}`} times=${times} series=${series} marks=${marks} format=${formatOf(metric)} clock=${true} sync="overview" height=${110} />`;
}

/** @param {string} label */
const short = (label) => (label.length > LONGEST ? `…${label.slice(1 - LONGEST)}` : label);

/**
 * The last value of each step.
 * @param {number[]} times in seconds
 * @param {number} step
 * @param {[number, number][]} points
 */
function onto(times, step, points) {
  /** @type {(number | null)[]} */
  const values = Array(times.length).fill(null);
  for (const [at, value] of points) {
    const place = Math.floor((at / 1e9 - (times[0] ?? 0)) / step);
    if (place >= 0 && place < values.length) values[place] = value;
  }
  return values;
}

/**
 * What lines are told apart by: the values of the attributes that differ.
 * @param {Line[]} lines
 */
function named(lines) {
  const all = lines.map((it) => ({ "service.name": it.service, ...it.attributes, "service.instance.id": it.instance }));
  const keys = [...new Set(all.flatMap((it) => Object.keys(it)))];
  const telling = keys.filter((key) => new Set(all.map((it) => /** @type {Record<string, string>} */ (it)[key])).size > 1);
  return all.map((it) => telling.map((key) => /** @type {Record<string, string>} */ (it)[key] ?? "").filter(Boolean).join(" "));
}

/**
 * @param {Metric} metric
 * @returns {(value: number) => string}
 */
function formatOf({ unit, values }) {
  if (unit === "By") return (value) => `${digits(value / 2 ** 20)} MiB`;
  if (unit === "s" && values !== "per-second") return (value) => duration(value * 1e9);
  return unit === "s" ? percent : (value) => (Number.isInteger(value) ? count(value) : digits(value));
}

// One service over time: rate, errors and latency, with the traces behind them, how many requests took how long, and when faults could
// strike, which can be hidden.

import { Chart } from "../base/chart.js";
import { clock, digits, milliseconds } from "../base/format.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useLatest } from "./api.js";
import { around } from "./around.js";
import { HeatMap } from "./heat.js";
import { Trouble } from "./trouble.js";

/**
 * @typedef {{ trace_id: string, span_id: string, ms: number }} Example
 * @typedef {{ unix_ns: number, requests: number, errors: number, duration_ms: { p50: number, p95: number, p99: number } | null, slowest: Example | null, failed: Example | null, buckets: [number, number][] }} Point
 * @typedef {{ step_ns: number, shortest_ns: number, per_decade: number, points: Point[] }} Service
 */

const HIDE = "faultmart.marks";
/** Of a service's spans those that the charts and the map count: what it was asked for, and what begins with it. */
const REQUEST = " && (kind = server || kind = consumer || nestedSetParent < 0)";
/** How many traces are named under the charts. */
const NAMED = 5;

/** @param {{ service: string, operation: string, from: number, until: number, step: number, state: import("./control.js").State | null }} properties */
export function OverTime({ service, operation, from, until, step, state }) {
  const about = `${service} ${operation} ${step}`;
  const path = `/lab/service?service=${encodeURIComponent(service)}&operation=${encodeURIComponent(operation)}&from=${from}&until=${until}&step=${step}s`;
  const { data, trouble } = useLatest(path, about);
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDE) === "hidden");
  const stretches = useMemo(() => (state ? [...(state.set ?? []), ...(state.strikes ?? [])] : []).filter((it) => it.from_unix_ms / 1000 < until && (it.until_unix_ms ?? Number.POSITIVE_INFINITY) / 1000 > from), [state, from, until]);
  const marks = useMemo(() => (hidden ? [] : marked(stretches)), [stretches, hidden]);
  const hide = () => {
    localStorage.setItem(HIDE, hidden ? "shown" : "hidden");
    setHidden(!hidden);
  };
  if (!data) return html`<${Trouble} trouble=${trouble} waiting="asking the lab" />`;
  return html`<div><${Charts} data=${data} from=${from} until=${until} step=${step} marks=${marks} />
    ${state?.set !== undefined && html`<p class="note marks-note">${state?.set === null ? "When faults could strike is hidden." : html`<label><input type="checkbox" checked=${!hidden} onChange=${hide} /> show when faults could strike</label>
      ${!hidden && stretches.length > 0 && html`<span>, shaded: ${latest(stretches).map((it, at) => html`${at > 0 && "; "}<a href=${link("traces", { q: query(service, operation), from: String(it.from_unix_ms), until: String(it.until_unix_ms ?? until * 1000) })} title="the traces of that time">${it.fault} at ${it.at}</a> (<a href=${link("compare", around(it.from_unix_ms, query(service, operation), 2, it.until_unix_ms ?? undefined))}>${it.until_unix_ms === null ? "before and since" : "before and during"}</a>)`)}</span>`}`}</p>`}
    <${HeatMap} data=${data} from=${from} until=${until} step=${step} marks=${marks} query=${(/** @type {string} */ more) => query(service, operation, `${REQUEST}${more}`)} />
    <${Slowest} points=${data.points} /></div>`;
}

/**
 * The trace behind a figure, at the span that it is about.
 * @param {Example} example
 */
export const to = ({ trace_id: trace, span_id: span }) => link(`trace/${trace}`, { span });

/**
 * @param {import("./control.js").Stretch[]} stretches
 * @returns {import("../base/chart.js").Mark[]}
 */
export function marked(stretches) {
  const names = [...new Set(stretches.map((it) => it.fault))];
  return stretches.map((it) => ({ from: it.from_unix_ms / 1000, until: (it.until_unix_ms ?? Number.MAX_SAFE_INTEGER) / 1000, label: it.fault, place: names.indexOf(it.fault) }));
}

/**
 * Of each fault at each place the latest stretch.
 * @param {import("./control.js").Stretch[]} stretches
 */
function latest(stretches) {
  return [...new Map([...stretches].sort((one, other) => one.from_unix_ms - other.from_unix_ms).map((it) => [`${it.fault} ${it.at}`, it])).values()];
}

/** @param {{ data: Service, from: number, until: number, step: number, marks: import("../base/chart.js").Mark[] }} properties */
export function Charts({ data, from, until, step, marks }) {
  const times = useMemo(() => Array.from({ length: Math.floor((until - from) / step) }, (_, at) => from + at * step), [from, until, step]);
  const made = useMemo(() => {
    const points = new Map(data.points.map((it) => [Math.round(it.unix_ns / 1e9 - from), it]));
    const values = (/** @type {(point: Point) => number | null} */ value, /** @type {number | null} */ none) => times.map((at) => {
      const point = points.get(at - from);
      return point ? value(point) : none;
    });
    return {
      rates: [
        { label: "requests", colour: "--line-1", values: values((it) => it.requests / step, 0), fill: true },
        { label: "failed", colour: "--bad", values: values((it) => it.errors / step, 0), fill: true },
      ],
      errors: [{ label: "errors", colour: "--bad", values: values((it) => (100 * it.errors) / Math.max(it.requests, 1), 0), fill: true }],
      latency: [
        { label: "p50", colour: "--line-1", values: values((it) => it.duration_ms?.p50 ?? null, null) },
        { label: "p95", colour: "--line-2", values: values((it) => it.duration_ms?.p95 ?? null, null), dash: [6, 3] },
        { label: "p99", colour: "--line-3", values: values((it) => it.duration_ms?.p99 ?? null, null), thin: true },
      ],
    };
  }, [data, times]);
  const dots = useMemo(() => data.points.flatMap((it) => {
    const dot = (/** @type {Example | null} */ example, /** @type {boolean} */ bad) => (example ? [{ at: it.unix_ns / 1e9, value: example.ms, bad, title: `${milliseconds(example.ms)}${bad ? ", failed" : ""}: open this trace`, example }] : []);
    return [...(it.slowest?.trace_id === it.failed?.trace_id ? [] : dot(it.slowest, false)), ...dot(it.failed, true)];
  }), [data]);
  const open = (/** @type {import("../base/chart.js").Dot} */ dot) => go(to(/** @type {any} */ (dot).example));
  return html`<div class="charts">
    <${Chart} title="requests a second" times=${times} series=${made.rates} marks=${marks} format=${digits} clock=${true} sync="overview" height=${150} />
    <${Chart} title="errors in percent" times=${times} series=${made.errors} marks=${marks} format=${digits} least=${1} clock=${true} sync="overview" height=${150} />
    <${Chart} title="latency; a dot is a trace: click to open it" times=${times} series=${made.latency} marks=${marks} dots=${dots} onDot=${open} format=${milliseconds} clock=${true} sync="overview" height=${150} />
  </div>`;
}

/** @param {{ points: Point[] }} properties */
function Slowest({ points }) {
  const named = (/** @type {"slowest" | "failed"} */ which) => points.flatMap((it) => (it[which] ? [{ ...it[which], unix_ns: it.unix_ns }] : [])).sort((one, other) => other.ms - one.ms).slice(0, NAMED);
  const line = (/** @type {string} */ label, /** @type {(Example & { unix_ns: number })[]} */ list) => list.length > 0 && html`<p class="note slowest">${label}: ${list.map((it) => html`<a href=${to(it)}>${milliseconds(it.ms)} <span class="quiet">${clock(it.unix_ns / 1e6)}</span></a> `)}</p>`;
  return html`<div>${line("the slowest traces", named("slowest"))}${line("failed", named("failed"))}</div>`;
}

/**
 * Asks for the spans of a service, in TraceQL.
 * @param {string} service
 * @param {string} operation empty for all
 * @param {string} [more]
 */
export function query(service, operation, more = "") {
  const name = operation ? ` && name = ${JSON.stringify(operation)}` : "";
  return `{ resource.service.name = ${JSON.stringify(service)}${name}${more} }`;
}

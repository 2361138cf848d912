// The overview: the service map, and rate, errors and latency of one service's operations, as they come.

import { Chart } from "../base/chart.js";
import { count, digits, milliseconds, percent, printable } from "../base/format.js";
import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";
import { useAnswer } from "./api.js";
import { ServiceMap } from "./map.js";
import { Trouble } from "./trouble.js";

/** What is shown, and how often it is asked for. */
const SECONDS = 120;
const STEP = 2;
const EVERY = 4000;
/** How many operations have a line of their own in a chart. */
const LINES = 3;

/** A stretch of time that ends now, moved on every so often. */
function useWindow() {
  const [until, setUntil] = useState(() => Math.floor(Date.now() / 1000));
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setUntil(Math.floor(Date.now() / 1000)), EVERY);
    return () => clearInterval(timer);
  }, []);
  return { from: until - SECONDS, until };
}

/**
 * The last good answer, while the next one is being asked for.
 * @param {string} path
 */
function useLatest(path) {
  const answer = useAnswer(path);
  const [data, setData] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (answer.data) setData(answer.data);
  }, [answer.data]);
  return { data: answer.data ?? data, trouble: answer.trouble };
}

/** @param {{ service: string, onService: (service: string) => void }} properties */
export function Overview({ service, onService }) {
  const { from, until } = useWindow();
  const graph = useLatest(`/lab/graph?from=${from}&until=${until}`);
  const red = useLatest(`/lab/red?from=${from}&until=${until}&step=${STEP}s`);
  const series = /** @type {any[]} */ (red.data?.series ?? []);
  const figures = useMemo(() => byService(series), [red.data]);
  const entry = service || busiest(series);
  const trouble = graph.trouble ?? red.trouble;
  if (!graph.data || !red.data) return html`<${Trouble} trouble=${trouble} waiting="asking the lab" />`;
  const own = series.filter((it) => it.service === entry && it.kind !== "client").sort((one, other) => other.requests - one.requests);
  return html`<div><${Trouble} trouble=${trouble} />
    ${graph.data.incomplete && html`<p class="odd">${graph.data.incomplete}</p>`}
    ${graph.data.nodes.length === 0 ? html`<${Nothing} />` : html`<div><section aria-label="service map"><h2>Who calls whom <span class="quiet">in the last ${SECONDS / 60} minutes</span></h2>
        <${ServiceMap} graph=${graph.data} figures=${figures} chosen=${entry} onChoose=${onService} seconds=${SECONDS} /></section>
      ${own.length > 0 && html`<section><h2>${printable(entry)} <span class="quiet">by operation</span></h2>
        <${Charts} own=${own} from=${from} until=${until} />
        <${Operations} own=${own} service=${entry} /></section>`}</div>`}</div>`;
}

function Nothing() {
  return html`<section class="empty"><h2>Nothing in the last two minutes</h2>
    <p>Send a request to the shop, or start with load: <code>faultmart up first-look --load</code>. Whatever is instrumented with OpenTelemetry may send its traces here, over OTLP.</p>
    <p><a href=${link("traces")}>All traces that the lab holds</a></p></section>`;
}

/** @param {{ own: any[], from: number, until: number }} properties */
function Charts({ own, from, until }) {
  const shown = own.slice(0, LINES);
  const times = useMemo(() => Array.from({ length: Math.floor((until - from) / STEP) }, (_, at) => from + at * STEP), [from, until]);
  const lines = (/** @type {(point: any) => number | null} */ value, /** @type {number | null} */ none) =>
    shown.map((it, place) => {
      const values = new Map(it.points.map((/** @type {any} */ point) => [Math.floor(Number(point.unix_ns) / 1e9 - from), value(point)]));
      return {
        label: printable(it.operation),
        colour: `--line-${place + 1}`,
        dash: [[], [6, 3], [2, 3]][place] ?? [],
        values: times.map((_, at) => {
          for (let second = at * STEP; second < (at + 1) * STEP; second += 1) if (values.has(second)) return values.get(second) ?? none;
          return none;
        }),
      };
    });
  const rate = useMemo(() => lines((it) => it.requests_per_second, 0), [own, times]);
  const errors = useMemo(() => lines((it) => (it.requests > 0 ? (100 * it.errors) / it.requests : 0), 0), [own, times]);
  const slow = useMemo(() => lines((it) => it.duration_ms?.p95 ?? null, null), [own, times]);
  return html`<div class="charts">
    <${Chart} title="requests a second" times=${times} series=${rate} format=${digits} clock=${true} sync="overview" height=${130} />
    <${Chart} title="errors in percent" times=${times} series=${errors} format=${digits} clock=${true} sync="overview" height=${130} />
    <${Chart} title="p95" times=${times} series=${slow} format=${milliseconds} clock=${true} sync="overview" height=${130} />
  </div>`;
}

/** @param {{ own: any[], service: string }} properties */
function Operations({ own, service }) {
  return html`<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">operation</th><th scope="col" class="number">requests</th><th scope="col" class="number">errors</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th></tr></thead>
    <tbody>${own.slice(0, 50).map((it) => html`<tr><th scope="row"><a href=${link("traces", { q: `{ resource.service.name = ${JSON.stringify(service)} && name = ${JSON.stringify(it.operation)} }` })}>${printable(it.operation)}</a> <span class="quiet">${it.kind}</span></th>
      <td class="number">${count(it.requests)}</td><td class=${it.errors > 0 ? "number error" : "number quiet"}>${it.errors > 0 ? percent(it.errors / it.requests) : "0"}</td>
      <td class="number">${milliseconds(it.duration_ms?.p50)}</td><td class="number">${milliseconds(it.duration_ms?.p95)}</td><td class="number">${milliseconds(it.duration_ms?.p99)}</td></tr>`)}</tbody></table></div>`;
}

/**
 * What each service answers, all its operations together; the p95 is that of its slowest operation with a tenth of its requests.
 * @param {any[]} series
 */
function byService(series) {
  /** @type {Map<string, { requests: number, failed: number, rate: number, errors: number, p95: number | null }>} */
  const found = new Map();
  for (const it of series) {
    if (it.kind === "client" || it.kind === "internal") continue;
    const figures = found.get(it.service) ?? { requests: 0, failed: 0, rate: 0, errors: 0, p95: null };
    figures.requests += it.requests;
    figures.failed += it.errors;
    found.set(it.service, figures);
  }
  for (const it of series) {
    const figures = found.get(it.service);
    if (!figures || it.kind === "client" || it.requests < figures.requests / 10) continue;
    figures.p95 = Math.max(figures.p95 ?? 0, it.duration_ms?.p95 ?? 0);
  }
  for (const figures of found.values()) {
    figures.rate = figures.requests / SECONDS;
    figures.errors = figures.requests > 0 ? figures.failed / figures.requests : 0;
  }
  return found;
}

/**
 * The service that answers most requests.
 * @param {any[]} series
 */
function busiest(series) {
  /** @type {Map<string, number>} */
  const requests = new Map();
  for (const it of series) if (it.kind === "server") requests.set(it.service, (requests.get(it.service) ?? 0) + it.requests);
  if (requests.has("gateway")) return "gateway";
  return [...requests].sort((one, other) => other[1] - one[1])[0]?.[0] ?? "";
}

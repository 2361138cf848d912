// The overview: the service map, and one service over time: rate, errors, latency, and when faults could strike.

import { count, milliseconds, percent, printable } from "../base/format.js";
import { html, useMemo } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useLatest } from "./api.js";
import { ServiceMap } from "./map.js";
import { OverTime, query } from "./over-time.js";
import { Trouble } from "./trouble.js";
import { useWindow } from "./window.js";

/** How far back one can look, by minutes: how long a step is, and how often it is asked for, in seconds. */
/** @type {Record<string, { step: number, every: number }>} */
const SPANS = { 2: { step: 2, every: 4 }, 10: { step: 10, every: 10 }, 30: { step: 30, every: 30 } };

/** @param {{ parameters: URLSearchParams, drive: ReturnType<typeof import("./control.js").useDrive> }} properties */
export function Overview({ parameters, drive }) {
  const last = Object.hasOwn(SPANS, parameters.get("last") ?? "") ? (parameters.get("last") ?? "2") : "2";
  const minutes = Number(last);
  const { step, every } = SPANS[last] ?? { step: 2, every: 4 };
  const { from, until } = useWindow(minutes, every);
  const graph = useLatest(`/lab/graph?from=${from}&until=${until}`, last);
  const red = useLatest(`/lab/red?from=${from}&until=${until}&step=${step}s&points=false`, last);
  const series = /** @type {any[]} */ (red.data?.series ?? []);
  const figures = useMemo(() => byService(series, minutes * 60), [red.data]);
  const chosen = parameters.get("service") ?? "";
  const operation = parameters.get("operation") ?? "";
  const service = chosen || busiest(series);
  const trouble = graph.trouble ?? red.trouble;
  if (!graph.data || !red.data) return html`<${Trouble} trouble=${trouble} waiting="asking the lab" />`;
  const to = (/** @type {Record<string, string>} */ change) => go(link("overview", { service: chosen, operation, last: last === "2" ? "" : last, ...change }));
  const own = series.filter((it) => it.service === service && it.kind !== "client").sort((one, other) => other.requests - one.requests);
  return html`<div><${Trouble} trouble=${trouble} />
    ${graph.data.incomplete && html`<p class="odd">${graph.data.incomplete}</p>`}
    <div class="row-of-tools last" role="group" aria-label="how far back">${Object.keys(SPANS).map((it) => html`<button type="button" aria-pressed=${it === last ? "true" : "false"} onClick=${() => to({ last: it === "2" ? "" : it })}>last ${it} minutes</button>`)}</div>
    ${graph.data.nodes.length === 0 ? html`<${Nothing} drive=${drive} minutes=${minutes} />` : html`<div><section aria-label="service map"><h2>Who calls whom</h2>
        <${ServiceMap} graph=${graph.data} figures=${figures} chosen=${service} onChoose=${(/** @type {string} */ it) => to({ service: it, operation: "" })} seconds=${minutes * 60} /></section>
      ${own.length > 0 && html`<section><h2>${printable(service)} ${operation ? html`<span class="quiet">${printable(operation)}</span> <button type="button" onClick=${() => to({ operation: "" })}>all operations</button>` : html`<span class="quiet">all operations</span>`}</h2>
        <${OverTime} service=${service} operation=${operation} from=${from} until=${until} step=${step} state=${drive.state} />
        <${Operations} own=${own} service=${service} chosen=${operation} onChoose=${(/** @type {string} */ it) => to({ service, operation: it })} /></section>`}</div>`}</div>`;
}

/** @param {{ drive: ReturnType<typeof import("./control.js").useDrive>, minutes: number }} properties */
function Nothing({ drive, minutes }) {
  return html`<section class="empty"><h2>Nothing in the last ${minutes} minutes</h2>
    ${drive.alone ? html`<p>Whatever is instrumented with OpenTelemetry may send its traces here, over OTLP.</p>`
      : html`<p>Nobody comes to the shop. <a href=${link("drive")}>Let load come</a>, or send it a request.</p>`}
    <p><a href=${link("traces")}>All traces that the lab holds</a></p></section>`;
}

/** @param {{ own: any[], service: string, chosen: string, onChoose: (operation: string) => void }} properties */
function Operations({ own, service, chosen, onChoose }) {
  return html`<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">operation</th><th scope="col" class="number">requests</th><th scope="col" class="number">errors</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th><th scope="col"><span class="hidden">traces</span></th></tr></thead>
    <tbody>${own.slice(0, 50).map((it) => html`<tr key=${it.operation}><th scope="row"><button type="button" class="link" aria-pressed=${it.operation === chosen ? "true" : "false"} onClick=${() => onChoose(it.operation === chosen ? "" : it.operation)}>${printable(it.operation)}</button> <span class="quiet">${it.kind}</span></th>
      <td class="number">${count(it.requests)}</td><td class=${it.errors > 0 ? "number error" : "number quiet"}>${it.errors > 0 ? percent(it.errors / it.requests) : "0"}</td>
      <td class="number">${milliseconds(it.duration_ms?.p50)}</td><td class="number">${milliseconds(it.duration_ms?.p95)}</td><td class="number">${milliseconds(it.duration_ms?.p99)}</td>
      <td><a href=${link("traces", { q: query(service, it.operation) })}>traces</a></td></tr>`)}</tbody></table></div>`;
}

/**
 * What each service answers, all its operations together; the p95 is that of its slowest operation with a tenth of its requests.
 * @param {any[]} series
 * @param {number} seconds
 */
function byService(series, seconds) {
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
    figures.rate = figures.requests / seconds;
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

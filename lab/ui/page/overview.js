// The overview: the service map, and one service over time: rate, errors, latency, and when faults could strike.

import { printable } from "../base/format.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useLatest } from "./api.js";
import { ServiceMap } from "./map.js";
import { Calls, Operations } from "./operations.js";
import { OverTime } from "./over-time.js";
import { OwnMetrics } from "./own-metrics.js";
import { Trouble } from "./trouble.js";
import { useWindow } from "./window.js";

/** How far back one can look, by minutes: how long a step is, and how often it is asked for, in seconds. */
/** @type {Record<string, { step: number, every: number }>} */
const SPANS = { 0.5: { step: 1, every: 2 }, 2: { step: 2, every: 4 }, 10: { step: 10, every: 10 }, 30: { step: 30, every: 30 } };

/** @type {import("../base/chart.js").Mark[]} */
const NO_MARKS = [];

/** @param {{ parameters: URLSearchParams, drive: ReturnType<typeof import("./control.js").useDrive> }} properties */
export function Overview({ parameters, drive }) {
  const last = Object.hasOwn(SPANS, parameters.get("last") ?? "") ? (parameters.get("last") ?? "2") : "2";
  const minutes = Number(last);
  const { step, every } = SPANS[last] ?? { step: 2, every: 4 };
  const { from, until } = useWindow(minutes, every);
  const graph = useLatest(`/lab/graph?from=${from}&until=${until}`, last);
  const red = useLatest(`/lab/red?from=${from}&until=${until}&step=${step}s&points=false`, last);
  const series = /** @type {any[]} */ (red.data?.series ?? []);
  // A rate is that of the time since something happened at all: the minutes before the first request say nothing of it.
  const seconds = (red.data?.until_unix_ns - (red.data?.first_unix_ns ?? red.data?.from_unix_ns)) / 1e9 || 1;
  const figures = useMemo(() => byService(series, graph.data?.nodes ?? [], seconds), [red.data, graph.data]);
  const chosen = parameters.get("service") ?? "";
  const operation = parameters.get("operation") ?? "";
  const service = chosen || busiest(series);
  const trouble = graph.trouble ?? red.trouble;
  if (!graph.data || !red.data) return html`<${Trouble} trouble=${trouble} waiting="asking the lab" />`;
  const to = (/** @type {Record<string, string>} */ change) => go(link("overview", { service: chosen, operation, last: last === "2" ? "" : last, ...change }));
  const node = graph.data.nodes.find((/** @type {any} */ it) => it.id === service);
  const own = node?.kind === "service" ? series.filter((it) => it.service === service && it.kind !== "client") : [];
  return html`<div><${Trouble} trouble=${trouble} />
    ${graph.data.incomplete && html`<p class="odd">${graph.data.incomplete}</p>`}
    <div class="row-of-tools last" role="group" aria-label="how far back">${Object.keys(SPANS).sort((one, other) => Number(one) - Number(other)).map((it) => html`<button type="button" aria-pressed=${it === last ? "true" : "false"} onClick=${() => to({ last: it === "2" ? "" : it })}>last ${spoken(Number(it))}</button>`)}</div>
    ${graph.data.nodes.length === 0 ? html`<${Nothing} drive=${drive} minutes=${minutes} />` : html`<div><section aria-label="service map"><h2>Who calls whom</h2>
        <${ServiceMap} graph=${graph.data} figures=${figures} chosen=${service} onChoose=${(/** @type {string} */ it) => to({ service: it, operation: "" })} seconds=${seconds} since=${from} /></section>
      ${own.length === 0 && node && html`<section><h2>${printable(node.name)} <span class="quiet">${node.kind === "service" ? "answers nobody" : node.kind === "peer" ? "sends no spans" : node.kind}</span></h2><${Calls} graph=${graph.data} node=${node} since=${from} /></section>`}
      ${own.length > 0 && html`<section><h2>${printable(service)} ${operation ? html`<span class="quiet">${printable(operation)}</span> <button type="button" onClick=${() => to({ operation: "" })}>all operations</button>` : html`<span class="quiet">all operations</span>`}</h2>
        <${OverTime} service=${service} operation=${operation} from=${from} until=${until} step=${step} state=${drive.state} />
        <${Operations} own=${own} since=${from} service=${service} chosen=${operation} onChoose=${(/** @type {string} */ it) => to({ service, operation: it })} />
        <${Calls} graph=${graph.data} node=${node} since=${from} />
        <${Measured} key=${service} service=${service} from=${from} until=${until} step=${step} /></section>`}</div>`}</div>`;
}

/**
 * What a service measures itself, asked for when somebody wants to see it.
 * @param {{ service: string, from: number, until: number, step: number }} properties
 */
function Measured({ service, ...time }) {
  const [open, setOpen] = useState(false);
  return html`<details class="measured" open=${open} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}><summary>what ${printable(service)} measures itself</summary>
    ${open && html`<${OwnMetrics} service=${service} ...${time} marks=${NO_MARKS} />`}</details>`;
}

/** @param {{ drive: ReturnType<typeof import("./control.js").useDrive>, minutes: number }} properties */
function Nothing({ drive, minutes }) {
  return html`<section class="empty"><h2>Nothing in the last ${spoken(minutes)}</h2>
    ${drive.alone ? html`<p>Whatever is instrumented with OpenTelemetry may send its traces here, over OTLP.</p>`
      : html`<p>Nobody comes to the shop. <a href=${link("drive")}>Let load come</a>, or send it a request.</p>`}
    <p><a href=${link("traces")}>All traces that the lab holds</a></p></section>`;
}

/** @param {number} minutes */
const spoken = (minutes) => (minutes < 1 ? `${minutes * 60} seconds` : `${minutes} minutes`);

/**
 * What each service answers, all its operations together.
 * @param {any[]} series
 * @param {import("./map.js").GraphNode[]} nodes
 * @param {number} seconds
 */
function byService(series, nodes, seconds) {
  /** @type {Map<string, { requests: number, failed: number, rate: number, errors: number, p95: number | null }>} */
  const found = new Map();
  for (const it of series) {
    if (it.kind === "client" || it.kind === "internal") continue;
    const figures = found.get(it.service) ?? { requests: 0, failed: 0, rate: 0, errors: 0, p95: null };
    figures.requests += it.requests;
    figures.failed += it.errors;
    found.set(it.service, figures);
  }
  for (const { id, duration_ms: took } of nodes) {
    const figures = found.get(id);
    if (figures) figures.p95 = took?.p95 ?? null;
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

// What one service answers, by operation, and whom it calls: the map in figures.

import { count, milliseconds, percent, printable } from "../base/format.js";
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";
import { between } from "./map-questions.js";
import { query } from "./over-time.js";

/** The most lines of a table. */
const MOST = 50;

/**
 * @typedef {{ service: string, operation: string, kind: string, requests: number, errors: number, duration_ms: { p50: number, p95: number, p99: number } | null }} Operation
 * @typedef {"requests" | "errors" | "p50" | "p95" | "p99"} Order
 */

/** @type {[Order, (it: Operation) => number][]} */
const ORDERS = [
  ["requests", (it) => it.requests],
  ["errors", (it) => it.errors / Math.max(it.requests, 1)],
  ["p50", (it) => it.duration_ms?.p50 ?? 0],
  ["p95", (it) => it.duration_ms?.p95 ?? 0],
  ["p99", (it) => it.duration_ms?.p99 ?? 0],
];

/** @param {{ own: Operation[], since: number, service: string, chosen: string, onChoose: (operation: string) => void }} properties */
export function Operations({ own, since, service, chosen, onChoose }) {
  const [order, setOrder] = useState(/** @type {Order} */ ("requests"));
  const sorted = useSteady(own, ORDERS.find(([name]) => name === order)?.[1] ?? (() => 0), `${service} ${order}`);
  return html`<div class="scroll" tabindex="0"><table class="operations"><thead><tr><th scope="col">operation</th>${ORDERS.map(([name]) => html`<th scope="col" class="number" aria-sort=${order === name ? "descending" : "none"}><button type="button" onClick=${() => setOrder(name)}>${name}${order === name ? " ↓" : ""}</button></th>`)}<th scope="col"><span class="hidden">traces</span></th></tr></thead>
    <tbody>${sorted.slice(0, MOST).map((it) => html`<tr key=${`${it.kind} ${it.operation}`}><th scope="row"><button type="button" class="link" aria-pressed=${it.operation === chosen ? "true" : "false"} onClick=${() => onChoose(it.operation === chosen ? "" : it.operation)}>${printable(it.operation)}</button> <span class="quiet">${it.kind}</span></th>
      <td class="number">${count(it.requests)}</td><td class=${it.errors > 0 ? "number error" : "number quiet"}>${it.errors > 0 ? percent(it.errors / it.requests) : "0"}</td>
      <td class="number">${milliseconds(it.duration_ms?.p50)}</td><td class="number">${milliseconds(it.duration_ms?.p95)}</td><td class="number">${milliseconds(it.duration_ms?.p99)}</td>
      <td><a href=${link("traces", { q: query(service, it.operation), from: String(since * 1000) })}>traces</a></td></tr>`)}</tbody></table></div>`;
}

/**
 * Sorted when the order is chosen; what is there stays in its line while its figures change, or a click would meet another.
 * @param {Operation[]} list
 * @param {(it: Operation) => number} by
 * @param {string} about what is listed, and how it is sorted
 */
function useSteady(list, by, about) {
  const kept = useRef({ about: "", lines: /** @type {Map<string, number>} */ (new Map()) });
  if (kept.current.about !== about) kept.current = { about, lines: new Map() };
  const { lines } = kept.current;
  const key = (/** @type {Operation} */ it) => `${it.kind} ${it.operation}`;
  for (const it of [...list].sort((one, other) => by(other) - by(one))) if (!lines.has(key(it))) lines.set(key(it), lines.size);
  return [...list].sort((one, other) => (lines.get(key(one)) ?? 0) - (lines.get(key(other)) ?? 0));
}

/**
 * The calls of one node, or those to it if it answers nobody whom we see into.
 * @param {{ graph: import("./map.js").Graph, node: import("./map.js").GraphNode, since: number }} properties `since` when, in seconds since 1970
 */
export function Calls({ graph, node, since }) {
  const own = node.kind === "service";
  const names = new Map(graph.nodes.map((it) => [it.id, it]));
  const list = graph.edges.filter((it) => (own ? it.from : it.to) === node.id && it.from !== it.to).sort((one, other) => other.calls - one.calls);
  if (list.length === 0) return null;
  return html`<div class="scroll" tabindex="0"><table class="calls"><thead><tr><th scope="col">${own ? "calls" : "is called by"}</th><th scope="col" class="number">calls</th><th scope="col" class="number">errors</th><th scope="col" class="number">p95 for the caller</th><th scope="col" class="number">on the called side</th><th scope="col" class="number">between them</th><th scope="col"><span class="hidden">traces</span></th></tr></thead>
    <tbody>${list.slice(0, MOST).map((it) => {
      const other = names.get(own ? it.to : it.from);
      return html`<tr key=${`${it.from}>${it.to}`}><th scope="row">${printable(other?.name ?? "")} ${other && other.kind !== "service" && html`<span class="quiet">${other.kind === "peer" ? "sends no spans" : other.kind}</span>`}</th>
        <td class="number">${count(it.calls)}</td><td class=${it.errors > 0 ? "number error" : "number quiet"}>${it.errors > 0 ? percent(it.errors / it.calls) : "0"}</td>
        <td class="number">${milliseconds(it.client_ms?.p95)}</td><td class="number">${milliseconds(it.server_ms?.p95)}</td><td class="number">${milliseconds(it.between_ms?.p95)}</td>
        <td><a href=${link("traces", { q: between(names.get(it.from), names.get(it.to)), from: String(since * 1000) })}>traces</a></td></tr>`;
    })}</tbody></table></div>`;
}

// The spans of a trace by what they do: how often, how long, and how long by themselves.

import { colourOf } from "../base/colours.js";
import { count, duration, percent, printable } from "../base/format.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";

/**
 * @typedef {object} Operation
 * @property {number} row the longest of its spans
 * @property {number} count
 * @property {number} errors
 * @property {number} total
 * @property {number} own
 * @property {number} path
 */

const COLUMNS = /** @type {const} */ ([
  ["count", "spans", "how many"],
  ["errors", "errors", "how many of them are errors"],
  ["total", "total", "their durations together"],
  ["own", "self time", "when none of their children ran"],
  ["path", "waited for", "on the critical path, by themselves"],
]);

/** The most lines: a trace may hold a name for each span. */
const MOST = 500;

/**
 * @param {import("./model.js").Trace} trace
 * @returns {Operation[]}
 */
function operations(trace) {
  /** @type {Map<number, Operation>} */
  const found = new Map();
  for (let row = 0; row < trace.length; row += 1) {
    const key = trace.service[row] * trace.drawing.names.length + trace.name[row];
    const operation = found.get(key) ?? { row, count: 0, errors: 0, total: 0, own: 0, path: 0 };
    operation.count += 1;
    operation.errors += trace.isError(row) ? 1 : 0;
    operation.total += trace.duration[row];
    operation.own += trace.own[row];
    operation.path += trace.onPath[row];
    if (trace.duration[row] > trace.duration[operation.row]) operation.row = row;
    found.set(key, operation);
  }
  return [...found.values()];
}

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {(row: number) => void} properties.onSelect
 */
export function SpanTable({ trace, onSelect }) {
  const [order, setOrder] = useState(/** @type {"count" | "errors" | "total" | "own" | "path"} */ ("own"));
  const all = useMemo(() => operations(trace), [trace]);
  const sorted = useMemo(() => [...all].sort((one, other) => other[order] - one[order]), [all, order]);
  return html`<div class="scroll" tabindex="0"><table class="spans">
    <caption class="quiet">by service and name; a click goes to the longest span of a line</caption>
    <thead><tr><th scope="col">span</th>${COLUMNS.map(([key, label, title]) => html`<th scope="col" class="number" aria-sort=${order === key ? "descending" : "none"}>
      <button type="button" title=${title} onClick=${() => setOrder(key)}>${label}${order === key ? " ↓" : ""}</button></th>`)}</tr></thead>
    <tbody>${sorted.slice(0, MOST).map((it) => html`<tr key=${it.row} class=${colourOf(trace.serviceOf(it.row))}>
      <th scope="row"><button type="button" class="link" onClick=${() => onSelect(it.row)}><span class="service">${printable(trace.serviceOf(it.row))}</span> ${printable(trace.nameOf(it.row))}</button></th>
      <td class="number">${count(it.count)}</td>
      <td class=${it.errors > 0 ? "number error" : "number quiet"}>${count(it.errors)}</td>
      <td class="number">${duration(it.total)}</td>
      <td class="number">${duration(it.own)}</td>
      <td class="number">${it.path > 0 ? html`${duration(it.path)} <span class="quiet">${percent(it.path / trace.extent)}</span>` : html`<span class="quiet">–</span>`}</td>
    </tr>`)}</tbody>
  </table>
  ${sorted.length > MOST && html`<p class="note">${count(sorted.length - MOST)} more are not shown</p>`}</div>`;
}

// What was logged while a trace ran, in its own place: by its trace id.

import { colourOf } from "../base/colours.js";
import { count, duration, printable } from "../base/format.js";
import { html } from "../vendor/preact-htm.js";
import { text } from "./detail.js";

/** The most lines of the list. */
const MOST = 500;
/** From this number on a record is an error, and a warning, by OpenTelemetry's scale. */
const ERROR = 17;
const WARNING = 13;

/** @typedef {{ at: number, severity: number, level: string, service: string, body: string, row: number }} Log `at` in ns from the trace's origin; `row` is −1 if its span is not here */

/**
 * @param {import("./model.js").Trace} trace
 * @param {any} otlp
 * @returns {Log[]} the first first
 */
export function logsOf(trace, otlp) {
  const origin = BigInt(trace.drawing.origin_unix_ns);
  const rows = new Map(trace.drawing.rows.id.map((id, row) => [id, row]));
  /** @type {Log[]} */
  const list = [];
  for (const { resource, scopeLogs } of otlp?.resourceLogs ?? []) {
    const service = (resource?.attributes ?? []).find((/** @type {any} */ it) => it.key === "service.name")?.value?.stringValue ?? "";
    for (const record of (scopeLogs ?? []).flatMap((/** @type {any} */ it) => it.logRecords ?? [])) {
      const time = BigInt(record.timeUnixNano || record.observedTimeUnixNano || 0);
      const severity = Number(record.severityNumber ?? 0);
      list.push({ at: Number(time - origin), severity, level: record.severityText || `${severity || ""}`, service, body: text(record.body), row: rows.get(record.spanId) ?? -1 });
    }
  }
  return list.sort((one, other) => one.at - other.at);
}

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {Log[]} properties.logs
 * @param {(row: number) => void} properties.onSelect
 */
export function LogList({ trace, logs, onSelect }) {
  return html`<div class="scroll" tabindex="0"><table class="spans logs">
    <caption class="quiet">what was logged with this trace's id, as far as it is kept; a click goes to the span</caption>
    <thead><tr><th scope="col" class="number">after</th><th scope="col">level</th><th scope="col">by</th><th scope="col">said</th></tr></thead>
    <tbody>${logs.slice(0, MOST).map((it) => html`<tr class=${colourOf(it.service)}><td class="number quiet">${duration(it.at)}</td><td class=${level(it)}>${printable(it.level)}</td>
      <td><span class="service">${printable(it.service)}</span> ${it.row >= 0 && html`<button type="button" class="link" onClick=${() => onSelect(it.row)}>${printable(trace.nameOf(it.row))}</button>`}</td><th scope="row">${printable(it.body)}</th></tr>`)}</tbody>
  </table>${logs.length > MOST && html`<p class="note">${count(logs.length - MOST)} more are not shown</p>`}</div>`;
}

/** @param {Log} log */
export function level({ severity }) {
  return severity >= ERROR ? "error" : severity >= WARNING ? "warning" : "quiet";
}

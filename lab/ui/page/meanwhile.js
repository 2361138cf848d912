// What else went on at a span's service while it ran: who waits for a lock or a connection waits for one of those requests.

import { count, duration, plural, printable } from "../base/format.js";
import { html, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";
import { useAnswer } from "./api.js";
import { Trouble } from "./trouble.js";

/**
 * @typedef {{ trace_id: string, span_id: string, name: string, together_ns: number, waited_ns: number, transaction_ns: number, did: { name: string, ns: number }[] }} Other
 * @typedef {{ service: string, requests: number, waited: number, in_transactions_ns: number, others: Other[], incomplete: string | null }} Answer
 */

/** @param {{ trace: import("../trace/model.js").Trace, row: number }} properties */
export function Meanwhile({ trace, row }) {
  // For what waits it is the next question; for the rest it is asked when somebody wants to know.
  const [wanted, setWanted] = useState(trace.isWait(row));
  const { data, trouble } = useAnswer(wanted ? `/lab/traces/${trace.id}/spans/${trace.drawing.rows.id[row]}/meanwhile` : null);
  const service = printable(trace.serviceOf(row));
  if (!wanted) return html`<section><button type="button" onClick=${() => setWanted(true)}>what else went on at ${service}</button></section>`;
  const answer = /** @type {Answer | null} */ (data);
  return html`<section class="meanwhile"><h4>meanwhile at ${service}</h4>
    ${answer ? html`<p>${said(answer, trace.duration[row])}</p><ul>${answer.others.map((it) => html`<${One} other=${it} />`)}</ul>
      ${answer.incomplete && html`<p class="odd">${answer.incomplete}</p>`}` : html`<${Trouble} trouble=${trouble} waiting="looking at the other traces" />`}</section>`;
}

/**
 * @param {Answer} answer
 * @param {number} took
 */
function said({ requests, waited, in_transactions_ns: open, others }, took) {
  if (requests === 0) return "No other request ran there.";
  const parts = [`${plural(requests, "other request")} ran there`];
  if (waited > 0) parts.push(`${waited === requests ? "all" : count(waited)} of them waited as well`);
  if (open > 0) parts.push(`for ${duration(open)} of these ${duration(took)} one or another had a transaction open`);
  if (requests - waited > others.length) parts.push(`below are the ${others.length} that were in a transaction, or at work, the longest`);
  return `${parts.join("; ")}.`;
}

/** @param {{ other: Other }} properties */
function One({ other }) {
  const { trace_id: id, span_id: span, name, together_ns: together, waited_ns: waited, transaction_ns: transaction, did } = other;
  return html`<li><a href=${link(`trace/${id}`, { span })}>${printable(name)}</a>
    ${transaction > 0 ? html` <b>in a transaction for ${duration(transaction)}</b>` : html` for ${duration(together)}`}
    <div class="quiet">${[...did.map((it) => `${it.name === name ? "itself" : printable(it.name)} ${duration(it.ns)}`), ...(waited > 0 && transaction === 0 ? [`waited ${duration(waited)}`] : [])].join(", ")}</div></li>`;
}

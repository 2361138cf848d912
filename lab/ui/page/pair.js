// One request with a fault, and the same without: how they ended, what differs, and their traces beside each other in one time scale.

import { milliseconds, plural, printable } from "../base/format.js";
import { Compare } from "../compare/compare.js";
import { findSent } from "../trace/detail.js";
import { Trace } from "../trace/model.js";
import { TraceView } from "../trace/trace.js";
import { html, useMemo } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { ask, useAnswer } from "./api.js";
import { Trouble } from "./trouble.js";

/** @typedef {{ trace_id: string, method: string, path: string, baggage: string, status: number | null, error: string | null, duration_ms: number, spans: number }} Answered */

/** @param {{ pair: { faulty: Answered, healthy: Answered }, fault: string }} properties */
export function PairView({ pair: { faulty, healthy }, fault }) {
  const compared = useAnswer(`/lab/compare?before=${healthy.trace_id}&after=${faulty.trace_id}`);
  const [one, other] = [useTrace(healthy), useTrace(faulty)];
  const scale = Math.max(one.trace?.extent ?? 0, other.trace?.extent ?? 0);
  return html`<section class="pair" aria-label="one request with the fault, one without"><h3>One request with ${fault}, one without</h3>
    ${compared.data ? html`<${Compare} comparison=${compared.data} before="without" after="with it" />` : html`<${Trouble} trouble=${compared.trouble} waiting="comparing" />`}
    <div class="beside"><${Half} title="without" answered=${healthy} found=${one} scale=${scale} /><${Half} title=${`with ${fault}`} answered=${faulty} found=${other} scale=${scale} /></div></section>`;
}

/** @param {Answered} answered */
function useTrace(answered) {
  const { data, trouble } = useAnswer(answered.spans > 0 ? `/lab/traces/${answered.trace_id}/drawing` : null);
  const trace = useMemo(() => (data ? new Trace(data) : null), [data]);
  return { trace, trouble };
}

/** @param {{ title: string, answered: Answered, found: ReturnType<typeof useTrace>, scale: number }} properties */
function Half({ title, answered, found, scale }) {
  const id = answered.trace_id;
  return html`<div><h4>${title} <span class="quiet">${milliseconds(answered.duration_ms)}, ${answered.status ?? "no answer"}${answered.error && answered.status === null && `: ${answered.error}`}, ${plural(answered.spans, "span")}</span> <a href=${link(`trace/${id}`)}>open</a></h4>
    <p class="quiet"><code>${answered.method} ${printable(answered.path)}</code></p>
    ${found.trace ? html`<${TraceView} trace=${found.trace} scale=${scale} details=${async (/** @type {string} */ span) => findSent(await ask(`/lab/traces/${id}/spans/${span}`), span)} onLink=${(/** @type {string} */ to) => go(link(`trace/${to}`))} />`
      : answered.spans === 0 ? html`<p class="odd">None of its spans has come.</p>` : html`<${Trouble} trouble=${found.trouble} waiting="reading the trace" />`}</div>`;
}

// The tables of a run: journeys, expectations, what was odd and harmless, where every span went.

import { useMedia } from "../base/dom.js";
import { count, digits, percent, plural } from "../base/format.js";
import { html } from "../vendor/preact-htm.js";

const QUANTILES = /** @type {const} */ (["p50", "p95", "p99", "max"]);
/** How what is said to be observed begins when there was nothing to observe. */
const NOTHING = "observed nothing";
const COHORTS = ["all", "healthy", "affected", "bystander"];

/** @param {{ journeys: any[] }} properties */
export function Journeys({ journeys }) {
  const all = journeys.filter((it) => it.cohort === "all");
  const rows = all.flatMap((it) => {
    const cohorts = journeys.filter((other) => other.journey === it.journey && other.completed + other.failed > 0);
    return cohorts.length > 2 ? cohorts : [it];
  });
  rows.sort((one, other) =>
    one.journey === other.journey ? COHORTS.indexOf(one.cohort) - COHORTS.indexOf(other.cohort) : 0,
  );
  return html`<div class="scroll" tabindex="0"><table>
    <caption class="quiet">latency in milliseconds, from when a request was due</caption>
    <thead><tr><th scope="col">journey</th><th scope="col" class="number">completed</th><th scope="col" class="number">failed</th><th scope="col" class="number">dropped</th><th scope="col" class="number">errors</th>${QUANTILES.map((it) => html`<th scope="col" class="number">${it}</th>`)}</tr></thead>
    <tbody>${rows.map((it) => {
      const ended = it.completed + it.failed;
      return html`<tr class=${it.cohort === "all" ? "whole" : "part"}><th scope="row">${it.cohort === "all" ? it.journey : html`<span class="cohort">${it.cohort}</span>`}</th>
        <td class="number">${count(it.completed)}</td><td class=${it.failed > 0 ? "number error" : "number quiet"}>${count(it.failed)}</td>
        <td class=${it.dropped > 0 ? "number error" : "number quiet"}>${count(it.dropped)}</td><td class=${it.failed > 0 ? "number error" : "number quiet"}>${ended > 0 ? percent(it.failed / ended) : "–"}</td>
        ${QUANTILES.map((name) => html`<td class="number">${digits(it.latency_from_schedule_ms[name])}</td>`)}</tr>`;
    })}</tbody></table></div>`;
}

/** @param {{ expectations: any[], interrupted: boolean, folder: string }} properties */
export function Expectations({ expectations, interrupted, folder }) {
  const printing = useMedia("print");
  if (expectations.length === 0) return html`<p class="quiet">The scenario expects nothing.</p>`;
  return html`${interrupted && html`<p class="odd">The run was interrupted: of what it did not come to, nothing was observed.</p>`}<div class="scroll" tabindex="0"><table>
    <thead><tr><th scope="col">held</th><th scope="col">expectation</th><th scope="col">observed</th><th scope="col">traces that show it</th></tr></thead>
    <tbody>${expectations.map((it) => html`<tr>
      <td>${it.held ? html`<span class="held">✓ held</span>` : interrupted && it.observed.startsWith(NOTHING) ? html`<span class="quiet">not reached</span>` : html`<span class="error">✗ broken</span>`}</td>
      <th scope="row"><code>${it.text}</code></th><td>${it.observed}</td>
      <td>${it.trace_ids.length > 0 && html`<details open=${printing}><summary>${it.trace_ids.length}</summary>${it.trace_ids.slice(0, 20).map((/** @type {string} */ id) => html`<code class="block">faultmart trace ${id} --in ${folder}</code>`)}</details>`}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{ distractors: any[] }} properties */
export function Innocents({ distractors }) {
  return html`<p>What the scenario does that is no fault, so that nobody blames it.</p><ul>${distractors.map((it) => html`<li><b>${it.distractor}</b>${it.at && ` at ${it.at}`}: ${it.events > 0 ? plural(it.events, "time") : plural(it.requests, "request")}</li>`)}</ul>`;
}

const STEPS = /** @type {const} */ (["started", "ended", "exported", "received", "unaccounted", "dropped", "lost_at_death", "unsampled"]);

/** @param {{ spans: any, traces: any }} properties */
export function SpanAccounts({ spans, traces }) {
  const services = Object.entries(spans.by_service ?? {});
  const row = (/** @type {string} */ name, /** @type {any} */ figures, /** @type {string} */ kind) => html`<tr class=${kind}><th scope="row">${name}</th>
    ${STEPS.map((step) => html`<td class=${`number ${figures[step] ? (step === "unaccounted" ? "error" : "") : "quiet"}`}>${figures[step] === undefined ? "–" : count(figures[step])}</td>`)}</tr>`;
  return html`<div><p>${count(spans.started)} spans started; <b>${count(spans.stored)}</b> are stored in ${count(traces.stored)} traces, ${count(traces.complete)} of them complete. Duplicates ${count(spans.duplicates)}, rejected ${count(spans.rejected)}, evicted ${count(spans.evicted)}, <b class=${spans.unaccounted > 0 ? "error" : "held"}>unaccounted ${count(spans.unaccounted)}</b>.</p>
  <div class="scroll" tabindex="0"><table>
    <thead><tr><th scope="col">service</th>${STEPS.map((step) => html`<th scope="col" class="number">${step.replaceAll("_", " ")}</th>`)}</tr></thead>
    <tbody>${services.map(([name, figures]) => row(name, figures, "part"))}${row("all", spans, "whole")}</tbody></table></div></div>`;
}

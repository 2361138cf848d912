// The report of a run: what was sent, what struck, what it looked like, where every span went. Reads the data that stands in the
// page, compressed, and asks nobody for anything.

import { Chart } from "../base/chart.js";
import { useMedia } from "../base/dom.js";
import { count, digits, duration, milliseconds, plural } from "../base/format.js";
import { quoted } from "../base/quoted.js";
import { Compare, Verdict } from "../compare/compare.js";
import { Witnesses } from "../compare/witnesses.js";
import { findSent } from "../trace/detail.js";
import { Trace } from "../trace/model.js";
import { TraceView } from "../trace/trace.js";
import { html, render, useMemo, useState } from "../vendor/preact-htm.js";
import { Opened } from "./opened.js";
import { Expectations, Innocents, Journeys, SpanAccounts } from "./tables.js";

/** @returns {Promise<any>} */
async function read() {
  const packed = document.getElementById("data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(packed), (it) => it.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** @param {{ data: any }} properties */
function Report({ data }) {
  const { summary, stories } = data;
  const { run, load } = summary;
  const broken = summary.expectations.filter((/** @type {any} */ it) => !it.held).length;
  const verdict = run.interrupted ? "interrupted" : run.exit_code === 0 ? "every expectation held" : broken > 0 ? `${broken} of ${summary.expectations.length} expectations broken` : "not to be relied on";
  return html`<div><header class="top">
      <p class="kind">Faultmart, report of a run</p>
      <h1>${run.title}</h1>
      <p class="facts"><span class=${run.exit_code === 0 ? "held" : "error"}>${run.exit_code === 0 ? "✓" : "✗"} ${verdict}</span>
        <span>${run.scenario}</span><span>seed ${run.seed}</span><span>${run.database}</span><span>${new Date(run.started_at).toISOString().replace("T", " ").slice(0, 19)} UTC</span><span>${duration(run.duration_ms * 1e6)}</span>
        <span>${plural(load.completed, "request")} completed, ${count(load.failed)} failed, ${count(load.dropped)} dropped</span></p>
      <nav aria-label="sections"><a href="#over-time">over time</a><a href="#journeys">journeys</a>${stories.map((/** @type {any} */ it, /** @type {number} */ at) => html`<a href=${`#fault-${at}`}>${it.fault}</a>`)}<a href="#expectations">expectations</a><a href="#spans">spans</a><a href="#open">open a file</a></nav>
    </header>
    <main>
      ${stories.length > 0 && html`<${InShort} stories=${stories} />`}
      <${OverTime} timeline=${data.timeline} windows=${data.windows} />
      <section id="journeys"><h2>Journeys</h2><${Journeys} journeys=${load.journeys} /></section>
      ${stories.map((/** @type {any} */ story, /** @type {number} */ at) => html`<${Fault} id=${`fault-${at}`} story=${story} account=${summary.faults[at]} data=${data} />`)}
      <section id="expectations"><h2>Expectations</h2><${Expectations} expectations=${summary.expectations} interrupted=${run.interrupted} folder=${data.folder} /></section>
      ${summary.distractors.length > 0 && html`<section id="innocent"><h2>Odd and innocent</h2><${Innocents} distractors=${summary.distractors} /></section>`}
      <section id="spans"><h2>Where every span went</h2><${SpanAccounts} spans=${summary.spans} traces=${summary.traces} /></section>
      <${Opened} />
      ${data.left_out.length > 0 && html`<section><h2>Left out</h2><p>To stay small enough to be mailed, this report leaves out:</p><ul>${data.left_out.map((/** @type {string} */ it) => html`<li>${it}</li>`)}</ul><p><code>faultmart trace ID --in ${data.folder}</code> shows any trace.</p></section>`}
    </main>
    <footer class="quiet">Faultmart ${run.version} · run ${run.id} · ${digits(summary.resources.cpu_seconds)} s of processor time, ${count(Math.round(summary.resources.peak_memory_bytes / 1e6))} MB of memory</footer></div>`;
}

/** @param {{ timeline: any, windows: any[] }} properties */
function OverTime({ timeline, windows }) {
  const step = timeline.step_ms / 1000;
  const times = useMemo(() => timeline.requests.map((/** @type {number} */ _, /** @type {number} */ at) => (at + 0.5) * step), [timeline]);
  const rate = (/** @type {number[]} */ list) => list.map((it) => it / step);
  // What an interrupted run did not come to could not strike.
  const ended = (timeline.requests.findLastIndex((/** @type {number} */ it) => it > 0) + 1) * step;
  const reached = windows.filter((it) => it.from_ms / 1000 < ended);
  const marks = useMemo(() => reached.map((it, place) => ({ from: it.from_ms / 1000, until: it.until_ms / 1000, label: it.fault, place })), [windows]);
  const latency = useMemo(() => [
    { label: "p50", colour: "--line-1", values: timeline.p50_ms },
    { label: "p95", colour: "--line-2", values: timeline.p95_ms, dash: [6, 3] },
    { label: "max", colour: "--line-3", values: timeline.max_ms, dash: [2, 3] },
  ], [timeline]);
  const rates = useMemo(() => [
    { label: "requests", colour: "--line-1", values: rate(timeline.requests), fill: true },
    { label: "failed", colour: "--bad", values: rate(timeline.failed), fill: true },
  ], [timeline]);
  return html`<section id="over-time"><h2>Over time</h2><div class="charts">
      <${Chart} title="latency, from when a request was due" times=${times} series=${latency} marks=${marks} format=${milliseconds} sync="run" height=${190} />
      <${Chart} title="requests a second" times=${times} series=${rates} marks=${marks} format=${(/** @type {number} */ it) => digits(it)} sync="run" height=${190} />
    </div>
    ${reached.length > 0 && html`<p class="note">shaded: when a fault could strike. ${reached.map((it) => html`<span class="window">${it.fault} at ${it.at}, ${digits(it.from_ms / 1000)} to ${digits(it.until_ms / 1000)} s</span> `)}</p>`}</section>`;
}

/** @param {{ id: string, story: any, account: any, data: any }} properties */
function Fault({ id, story, account, data }) {
  const { groups, comparisons } = story;
  const healthy = groups.find((/** @type {any} */ it) => it.name === "healthy");
  const scale = Math.max(0, ...[...groups, story.fixed?.typical].map((/** @type {any} */ it) => Number(data.traces[it?.trace]?.drawing.extent ?? 0)));
  const prevented = Object.entries(account.prevented_by).map(([reason, number]) => `${reason} ${number}`).join(", ");
  const typical = [...groups, ...(story.fixed?.typical ? [{ name: "fixed", ...story.fixed.typical }] : [])];
  const [shown, setShown] = useState(comparisons[0]?.after ?? groups.find((/** @type {any} */ it) => it.name === "affected")?.name ?? "healthy");
  const printing = useMedia("print");
  const group = typical.find((/** @type {any} */ it) => it.name === shown);
  return html`<section id=${id} class="fault"><h2>${story.fault} <span class="at">at ${story.at}</span></h2>
    <p class="lead">${story.summary}</p>
    <p>Intended ${count(account.intended)}, applied ${count(account.applied)}${account.prevented > 0 && `, prevented ${account.prevented} (${prevented})`}${account.missed > 0 && html`, <b class="error">missed ${account.missed}</b>`}${account.unplanned > 0 && html`, <b class="error">unplanned ${account.unplanned}</b>`}${account.manual > 0 && `, manual ${account.manual}`}${account.bystanders > 0 && `; ${plural(account.bystanders, "bystander")}`}${account.effect && html`; ${account.effect.name} p50 ${digits(account.effect.p50)}${account.effect.unit && ` ${account.effect.unit}`}, p95 ${digits(account.effect.p95)}${account.effect.unit && ` ${account.effect.unit}`}`}.</p>
    ${groups.length > 0 && html`<div class="scroll" tabindex="0"><table class="cohorts"><thead><tr><th scope="col">${story.journey}</th><th scope="col" class="number">requests</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th></tr></thead>
      <tbody>${groups.map((/** @type {any} */ it) => html`<tr><th scope="row">${it.name}</th><td class="number">${count(it.count)}</td>
        <td class="number">${milliseconds(it.p50_ms)} <span class="quiet">${times(it, healthy, "p50_ms")}</span></td><td class="number">${milliseconds(it.p95_ms)} <span class="quiet">${times(it, healthy, "p95_ms")}</span></td></tr>`)}</tbody></table></div>
      <p class="note">affected: it was in their own request${groups.some((/** @type {any} */ it) => it.name === "bystander") && "; bystander: it was in another's, and they waited for that"}; healthy: ${groups.some((/** @type {any} */ it) => it.name === "bystander") ? "neither" : "it was not"}. × is how many times the healthy ones' it is.</p>`}
    ${comparisons.map((/** @type {any} */ it) => html`<div><h3>${capital(it.after)} against ${it.before}</h3><${Compare} comparison=${it} before=${it.before} after=${it.after} /></div>`)}
    ${story.fixed && html`<${Fixed} fixed=${story.fixed} />`}
    ${groups.length > 0 && html`<div><h3>A typical trace of each <span class="at">in one time scale</span></h3>
      <div class="choice" role="group" aria-label="whose trace">${typical.map((/** @type {any} */ it) => html`<button type="button" aria-pressed=${it.name === shown ? "true" : "false"} onClick=${() => setShown(it.name)}>${it.name}</button>`)}
        ${group && html`<code class="quiet">${group.trace_id}</code>`}</div>
      ${group && html`<${Typical} key=${shown} shown=${data.traces[group.trace]} scale=${scale} />`}</div>`}
    ${story.shown_by && html`<${Witnesses} shown=${story.shown_by} metrics=${inMetrics(data.summary.load.journeys, story.journey)} />`}
    <details class="about" open=${printing}><summary>how it works, what it is mistaken for, and the fix</summary><dl>
      <dt>mechanism</dt><dd>${quoted(story.mechanism)}</dd><dt>in a trace</dt><dd>${quoted(story.signature)}</dd><dt>mistaken for</dt><dd>${quoted(story.confused_with)}</dd><dt>the fix</dt><dd>${quoted(story.fix)}</dd></dl></details>
  </section>`;
}

/**
 * What a dashboard says of the journey: all its requests, whoever was struck.
 * @param {any[]} journeys
 * @param {string | null} journey
 */
function inMetrics(journeys, journey) {
  const all = journeys.find((it) => it.journey === journey && it.cohort === "all");
  return all && html`<p class="quiet">All of ${journey}: p50 ${milliseconds(all.latency_from_schedule_ms.p50)}, p95 ${milliseconds(all.latency_from_schedule_ms.p95)}, p99 ${milliseconds(all.latency_from_schedule_ms.p99)}; ${count(all.failed)} of ${plural(all.completed + all.failed, "request")} failed.</p>`;
}

/**
 * The same requests with the healthy code: what the fix wins.
 * @param {{ fixed: any }} properties
 */
function Fixed({ fixed: { run, who, rows, comparison } }) {
  const gain = (/** @type {any} */ it, /** @type {"p50" | "p95"} */ figure) => html`<td class="number">${milliseconds(it.faulty_ms[figure])} <span class="quiet">→</span> ${milliseconds(it.fixed_ms[figure])} <span class="quiet">${change(it.faulty_ms[figure], it.fixed_ms[figure])}</span></td>`;
  return html`<div class="fixed"><h3>The same requests, fixed <span class="at">run ${run}</span></h3>
    ${rows.length === 0 ? html`<p class="quiet">None of them was answered in both runs.</p>` : html`<div class="scroll" tabindex="0"><table class="cohorts"><thead><tr><th scope="col">who, with the faulty code</th><th scope="col" class="number">requests</th><th scope="col" class="number">p50 faulty → fixed</th><th scope="col" class="number">p95 faulty → fixed</th></tr></thead>
      <tbody>${rows.map((/** @type {any} */ it) => html`<tr><th scope="row">${it.cohort}</th><td class="number">${count(it.requests)}</td>${gain(it, "p50")}${gain(it, "p95")}</tr>`)}</tbody></table></div>`}
    ${comparison && html`<h4>${capital(who)} requests, faulty and fixed</h4><${Compare} comparison=${comparison} before=${comparison.before} after=${comparison.after} />`}</div>`;
}

/**
 * How many times less, or more.
 * @param {number} before
 * @param {number} after
 */
function change(before, after) {
  if (!(before > 0 && after > 0)) return "";
  return after <= before ? `÷${(before / after).toFixed(1)}` : `×${(after / before).toFixed(1)}`;
}

/**
 * Each fault in a sentence, for who reads no further.
 * @param {{ stories: any[] }} properties
 */
function InShort({ stories }) {
  return html`<section id="in-short"><h2>In short</h2><ul class="short">${stories.map((/** @type {any} */ story, /** @type {number} */ at) => {
    const [worst] = story.comparisons;
    return html`<li><a href=${`#fault-${at}`}><b>${story.fault}</b></a> at <code>${story.at}</code>: ${story.summary}${worst && html` In ${story.journey}, <${Verdict} comparison=${worst} before=${worst.before} after=${worst.after} />`}</li>`;
  })}</ul></section>`;
}

/** @param {{ shown: any, scale: number }} properties */
function Typical({ shown, scale }) {
  const trace = useMemo(() => (shown ? new Trace(shown.drawing) : null), [shown]);
  if (!trace) return html`<p class="quiet">Its spans are not in this report.</p>`;
  return html`<${TraceView} trace=${trace} scale=${scale} details=${async (/** @type {string} */ span) => findSent(shown.otlp, span)} />`;
}

/**
 * @param {any} group
 * @param {any} healthy
 * @param {string} figure
 */
function times(group, healthy, figure) {
  return healthy && group !== healthy && healthy[figure] > 0 ? `×${(group[figure] / healthy[figure]).toFixed(1)}` : "";
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const place = document.getElementById("report");
if (place) {
  place.textContent = "";
  read().then(
    (data) => render(html`<${Report} data=${data} />`, place),
    (error) => {
      place.textContent = `This report cannot be read: ${error}. It needs a browser of 2023 or newer; summary.json beside it has the figures.`;
    },
  );
}

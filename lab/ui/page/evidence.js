// A fault that is set, as metrics and as traces show it now: the figures of the operation that suffers, and what differs between its
// traces of before it was set and since.

import { Verdict } from "../compare/compare.js";
import { Witnesses } from "../compare/witnesses.js";
import { milliseconds, plural } from "../base/format.js";
import { html, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";
import { useLatest } from "./api.js";
import { Charts, marked, query, to } from "./over-time.js";
import { OwnMetrics } from "./own-metrics.js";
import { question } from "./traces.js";
import { Trouble } from "./trouble.js";
import { useWindow } from "./window.js";

/** How far back is looked, in minutes; how long a step is, and how often it is asked for, in seconds. */
const BACK = 2;
const STEP = 2;
const EVERY = 4;

/**
 * @typedef {import("./drive.js").Journey} Journey
 * @typedef {import("./control.js").SetFault} SetFault
 */

/**
 * What metrics and traces show of a fault; if it is set at a place, with what they say.
 * @param {{ shown: import("../compare/witnesses.js").ShownBy, now: SetFault | undefined, journeys: Journey[] }} properties
 */
export function Evidence({ shown, now, journeys }) {
  const [picked, setPicked] = useState("");
  const journey = journeys.find((it) => it.name === picked) ?? journeys[0];
  if (!now) return html`<${Witnesses} shown=${shown} /><p class="note">Set it for everybody, and what both say is shown here.</p>`;
  const [service, operation] = journey ? ["gateway", `${journey.method} ${journey.template}`] : [placeOf(now), ""];
  return html`<section class="evidence" aria-label="what metrics and traces show"><p class="row-of-tools">${journeys.length > 1
    ? html`<label>of <select value=${journey?.name} onChange=${(/** @type {Event} */ event) => setPicked(/** @type {HTMLSelectElement} */ (event.target).value)}>${journeys.map((it) => html`<option value=${it.name}>${it.name}</option>`)}</select></label>` : ""}
      <span class="quiet"><b>${service}</b> ${operation}, the last ${BACK} minutes</span></p>
    <${Now} key=${`${service} ${operation}`} shown=${shown} now=${now} service=${service} operation=${operation} /></section>`;
}

/** @param {{ shown: import("../compare/witnesses.js").ShownBy, now: SetFault, service: string, operation: string }} properties */
function Now({ shown, now, service, operation }) {
  const { from, until } = useWindow(BACK, EVERY);
  const since = now.since_unix_ms;
  const at = placeOf(now);
  const [open, setOpen] = useState(false);
  const named = [...shown.metrics.what.matchAll(/`([\w.]+)`/g)].map(([, name]) => name ?? "");
  const own = (/** @type {string[]} */ names) => html`<${OwnMetrics} ...${{ service: at, from, until, step: STEP, marks, names }} />`;
  const metrics = useLatest(`/lab/service?service=${encodeURIComponent(service)}&operation=${encodeURIComponent(operation)}&from=${from}&until=${until}&step=${STEP}s`);
  const q = query(service, operation, " && kind = server");
  const [before, after] = [{ q, from: String(since - BACK * 60_000), until: String(since) }, { q, from: String(since), until: String(until * 1000) }];
  const traces = useLatest(until * 1000 > since ? `/lab/compare?${question(before, "a_")}&${question(after, "b_")}` : null);
  const marks = marked([{ fault: now.fault, at: now.at, from_unix_ms: since, until_unix_ms: null }]);
  const group = (/** @type {string} */ name, /** @type {Record<string, string>} */ it) => ({ [name]: q, [`${name}_from`]: it.from ?? "", [`${name}_until`]: it.until ?? "" });
  return html`<${Witnesses} shown=${shown}
    metrics=${metrics.data ? html`${named.length > 0 && own(named)}
        <${Charts} data=${metrics.data} from=${from} until=${until} step=${STEP} marks=${marks} />
        <details class="measured" open=${open} onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}><summary>all that ${at} measures itself</summary>${open && own([])}</details>` : html`<${Trouble} trouble=${metrics.trouble} waiting="asking the lab" />`}
    traces=${traces.data ? html`<div class="compare">${said(traces.data)}
        <p class="row-of-tools"><a href=${link("compare", { ...group("a", before), ...group("b", after) })}>all that differs</a> <a href=${link("traces", { q, from: after.from })}>the traces since</a></p>
        ${slowest(metrics.data, since)}</div>`
    : html`<${Trouble} trouble=${traces.trouble} waiting="waiting for traces" />`} />`;
}

/**
 * The service at which a fault is set: of a call the caller.
 * @param {SetFault} now
 */
const placeOf = (now) => now.at.split(/\.|->/)[0] ?? "";

/** @param {any} compared */
function said(compared) {
  const [before, since] = compared.traces;
  if (since === 0) return html`<p class="quiet">No request of that kind has come since it was set.</p>`;
  if (before === 0) return html`<p class="quiet">${plural(since, "trace")} since it was set, and none before to hold it against.</p>`;
  return html`<${Verdict} comparison=${compared} before="before" after="since it was set" />`;
}

/**
 * The slowest trace of each moment since then, the latest first.
 * @param {import("./over-time.js").Service | null} data
 * @param {number} since
 */
function slowest(data, since) {
  const list = (data?.points ?? []).filter((it) => it.slowest && it.unix_ns / 1e6 >= since).slice(-4).reverse();
  return list.length > 0 && html`<p class="note slowest">the slowest of late: ${list.map((it) => it.slowest && html`<a href=${to(it.slowest)}>${milliseconds(it.slowest.ms)}</a> `)}</p>`;
}

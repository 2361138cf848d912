// One fault: where it strikes and how strongly, to be set for everybody or to ride with one request; what it is; its code.

import { clock, printable } from "../base/format.js";
import { quoted } from "../base/quoted.js";
import { html, useState } from "../vendor/preact-htm.js";
import { Code } from "./code.js";
import { control, useChange } from "./control.js";
import { Evidence } from "./evidence.js";
import { PairView } from "./pair.js";

/**
 * @typedef {import("./drive.js").FaultEntry} FaultEntry
 * @typedef {import("./drive.js").Parameter} Parameter
 */

/** What a value's units are, in the smallest. */
/** @type {Record<string, number>} */
const UNITS = { "": 1, us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, B: 1, KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 };

/** @param {{ entry: FaultEntry, catalogue: import("./drive.js").Catalogue, state: import("./control.js").State, at: string, refresh: () => void }} properties */
export function Fault({ entry, catalogue, state, at, refresh }) {
  const places = [...new Set([...entry.set_at, ...entry.rides_at])];
  const [chosen, setChosen] = useState(places.includes(at) ? at : (places[0] ?? ""));
  const [values, setValues] = useState(() => Object.fromEntries(entry.parameters.map((it) => [it.name, it.default])));
  const [pair, setPair] = useState(/** @type {any} */ (null));
  const journeys = catalogue.journeys.filter((it) => it.places.includes(chosen));
  const [picked, setPicked] = useState("");
  const journey = journeys.find((it) => it.name === picked) ?? journeys[0];
  const setting = useChange(refresh);
  const sending = useChange(refresh);
  const now = (state.faults ?? []).find((it) => it.fault === entry.name && it.at === chosen);
  const parameters = Object.fromEntries(entry.parameters.filter((it) => values[it.name] !== it.default).map((it) => [it.name, values[it.name] ?? ""]));
  const fault = { fault: entry.name, at: chosen, ...(Object.keys(parameters).length > 0 ? { parameters } : {}) };
  const canSet = entry.set_at.includes(chosen);
  const own = catalogue.scenarios.find((it) => it.name === entry.scenario && it.refused === null && it.name !== state.load?.scenario);
  const canRide = entry.rides_at.includes(chosen) && journey !== undefined;
  const send = () => sending.change(async () => setPair(await control("POST", "/requests", { journey: journey?.name ?? "", faults: [fault] })));
  return html`<article class="fault-entry"><h2>${entry.name} <span class="quiet">${entry.family}</span></h2><p class="lead">${entry.summary}</p>
    ${entry.refused ? html`<p class="odd">${entry.refused}</p>` : html`<form class="set-form" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label class="field"><span>where</span><select value=${chosen} onChange=${(/** @type {Event} */ event) => { setChosen(/** @type {HTMLSelectElement} */ (event.target).value); setPair(null); }}>${places.map((it) => html`<option value=${it}>${it}</option>`)}</select></label>
      ${entry.parameters.map((it) => html`<${Field} key=${it.name} parameter=${it} value=${values[it.name] ?? it.default} onValue=${(/** @type {string} */ value) => setValues({ ...values, [it.name]: value })} />`)}
      ${state.drives ? html`<div class="row-of-tools">
        ${canSet && html`<button type="button" class="main" disabled=${setting.busy} onClick=${() => setting.change(() => control("POST", "/faults", fault))}>${now ? "set anew" : "set for everybody"}</button>`}
        ${now && html`<button type="button" disabled=${setting.busy} onClick=${() => setting.change(() => control("DELETE", `/faults?fault=${entry.name}&at=${encodeURIComponent(chosen)}`))}>clear</button><span class="lamp on">set since ${clock(now.since_unix_ms)}</span>`}
        ${!canSet && html`<span class="quiet">It cannot be set for everybody: it rides with requests alone.</span>`}
      </div>${own && html`<div class="row-of-tools"><button type="button" disabled=${setting.busy} onClick=${() => setting.change(() => control("PUT", "/load", { running: true, scenario: own.name, faults: false }))}>send load in which it shows</button>
        <span class="quiet">“${own.title}”, without faults of its own</span></div>`}<div class="row-of-tools">
        ${canRide && html`<button type="button" disabled=${sending.busy} onClick=${send}>${sending.busy ? "on its way …" : "send one request with it"}</button>
          <label>of <select value=${journey?.name} onChange=${(/** @type {Event} */ event) => { setPicked(/** @type {HTMLSelectElement} */ (event.target).value); setPair(null); }}>${journeys.map((it) => html`<option value=${it.name}>${it.name}</option>`)}</select></label> <span class="quiet"><code>${journey?.method} ${journey?.template}</code>, and one without to hold it against</span>`}
        ${!entry.rides_at.includes(chosen) && html`<span class="quiet">It cannot ride with a single request.</span>`}
      </div>` : html`<p class="quiet">To set it, sign in above.</p>`}
      ${entry.lasting && html`<p class="note">What it does outlasts it: only a restart of the service heals it.</p>`}
      <p class="error" role="alert">${[setting.wrong, sending.wrong].filter(Boolean).map(printable).join("; ")}</p>
    </form>`}
    ${pair && html`<${PairView} key=${pair.healthy.trace_id} pair=${pair} fault=${entry.name} />`}
    <${Evidence} key=${chosen} shown=${entry.shown_by} now=${now} journeys=${journeys} />
    <dl class="about-fault">
      <dt>how it comes about</dt><dd>${quoted(entry.mechanism)}</dd><dt>in a trace</dt><dd>${quoted(entry.signature)}</dd>
      <dt>mistaken for</dt><dd>${quoted(entry.confused_with)}</dd><dt>the fix</dt><dd>${quoted(entry.fix)}</dd></dl>
    ${entry.has_code && html`<${Code} key=${chosen} fault=${entry.name} at=${chosen} />`}
    <${ByHand} fault=${fault} journey=${journey?.name ?? ""} canSet=${canSet} canRide=${canRide} /></article>`;
}

/** @param {{ parameter: Parameter, value: string, onValue: (value: string) => void }} properties */
function Field({ parameter, value, onValue }) {
  const { name, words, summary } = parameter;
  const text = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
  if (words) {
    return html`<label class="field"><span>${name}</span><select value=${value} onChange=${(/** @type {Event} */ event) => onValue(text(event))}>${words.map((it) => html`<option value=${it}>${it}</option>`)}</select><small class="quiet">${summary}</small></label>`;
  }
  const unit = split(parameter.default)[1];
  const bound = (/** @type {string | null} */ it) => (it === null ? undefined : within(it, unit));
  return html`<label class="field"><span>${name}</span><span class="with-unit"><input type="number" step="any" min=${bound(parameter.min)} max=${bound(parameter.max)} value=${split(value)[0]}
    onInput=${(/** @type {Event} */ event) => onValue(text(event) === "" ? parameter.default : `${text(event)}${unit}`)} /> ${unit}</span><small class="quiet">${summary}; ${parameter.values}, ${parameter.default} unless said</small></label>`;
}

/**
 * A number and its unit.
 * @param {string} text
 * @returns {[number, string]}
 */
function split(text) {
  const [, number, unit] = /^([\d.]+)(.*)$/.exec(text) ?? [];
  return [Number(number ?? 0), unit ?? ""];
}

/**
 * A quantity in another unit.
 * @param {string} text
 * @param {string} unit
 */
function within(text, unit) {
  const [number, own] = split(text);
  return (number * (UNITS[own] ?? 1)) / (UNITS[unit] ?? 1);
}

/** @param {{ fault: object, journey: string, canSet: boolean, canRide: boolean }} properties */
function ByHand({ fault, journey, canSet, canRide }) {
  const curl = (/** @type {string} */ path, /** @type {object} */ body) => `curl -X POST ${location.origin}/lab/drive/${path} -H "authorization: Bearer $TOKEN" -d '${JSON.stringify(body)}'`;
  return html`<details><summary>the same with curl</summary><pre class="curl" tabindex="0">${canSet && `${curl("faults", fault)}\n`}${canSet && `curl -X DELETE ${location.origin}/lab/drive/faults -H "authorization: Bearer $TOKEN"\n`}${canRide && curl("requests", { journey, faults: [fault] })}</pre></details>`;
}

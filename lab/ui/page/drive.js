// Driving the shop: its load, what is set, and the faults that there are, one of them in full.

import { clock, count, plural, printable } from "../base/format.js";
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { Refused, useAnswer } from "./api.js";
import { control, keep, useChange } from "./control.js";
import { Fault } from "./fault.js";
import { Trouble } from "./trouble.js";

/**
 * @typedef {{ name: string, unit: string, values: string, min: string | null, max: string | null, words: string[] | null, default: string, summary: string }} Parameter
 * @typedef {{ name: string, family: string, summary: string, mechanism: string, signature: string, confused_with: string, fix: string,
 *   shown_by: import("../compare/witnesses.js").ShownBy, lasting: boolean, has_code: boolean, refused: string | null,
 *   rides_at: string[], set_at: string[], parameters: Parameter[], scenario: string }} FaultEntry
 * @typedef {{ name: string, title: string, faults: string[], refused: string | null, own_data: boolean }} ScenarioEntry
 * @typedef {{ name: string, method: string, template: string, places: string[] }} Journey
 * @typedef {{ shop: { scenario: string, users: number, products: number, orders: number, database: string }, faults: FaultEntry[], scenarios: ScenarioEntry[], journeys: Journey[] }} Catalogue
 * @typedef {import("./control.js").State} State
 * @typedef {ReturnType<typeof import("./control.js").useDrive>} Driven
 */

/** @param {{ drive: Driven, fault: string, at: string }} properties */
export function Drive({ drive, fault, at }) {
  const { data, trouble } = useAnswer(drive.alone ? null : "/lab/drive/catalogue");
  if (drive.alone) return html`<section class="empty"><h2>This lab has no shop to drive</h2><p><code>faultmart up</code> starts one.</p></section>`;
  const { state } = drive;
  if (!state || !data) return html`<${Trouble} trouble=${drive.trouble ?? trouble} waiting="asking the shop" />`;
  const entry = /** @type {Catalogue} */ (data).faults.find((it) => it.name === fault);
  return html`<div class="drive"><${Trouble} trouble=${drive.trouble} />
    ${!state.drives && html`<${SignIn} refused=${drive.refused} onDone=${drive.refresh} />`}
    <div class="desk"><${LoadDesk} state=${state} catalogue=${data} refresh=${drive.refresh} /><${SetDesk} state=${state} refresh=${drive.refresh} /></div>
    <div class="shelf"><${Shelf} catalogue=${data} state=${state} chosen=${fault} />
      ${entry ? html`<${Fault} key=${entry.name} entry=${entry} catalogue=${data} state=${state} at=${at} refresh=${drive.refresh} />`
        : html`<div class="choose"><h2>Break something</h2><p>Choose a fault: what it is, where it can strike, what it looks like, and the code that does it.</p>
          ${fault && html`<p class="error">There is no fault ${printable(fault)}.</p>`}</div>`}</div></div>`;
}

/** @param {{ refused: boolean, onDone: () => void }} properties `refused`: a token that was kept is not this shop's */
function SignIn({ refused, onDone }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const signIn = async (/** @type {Event} */ event) => {
    event.preventDefault();
    keep(text.trim());
    try {
      await control("GET", "");
      setWrong("");
      onDone();
    } catch (error) {
      keep("");
      setWrong(error instanceof Refused && error.status === 401 ? "this is not the token of this shop" : String(/** @type {Error} */ (error).message));
    }
  };
  return html`<form class="sign-in" onSubmit=${signIn}><p>${refused && html`<span class="odd">The token that you came with is not this shop's, or no more.</span> `}You are looking on. Whoever has the token that <code>faultmart up</code> has printed may drive.</p>
    <label>token <input type="password" autocomplete="off" spellcheck=${false} value=${text} onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} /></label>
    <button type="submit" disabled=${!text.trim()}>drive</button> <span class="error" role="alert">${wrong}</span></form>`;
}

/** @param {{ state: State, catalogue: Catalogue, refresh: () => void }} properties */
function LoadDesk({ state, catalogue, refresh }) {
  const { load } = state;
  const [scenario, setScenario] = useState(load?.scenario ?? catalogue.shop.scenario);
  const [faults, setFaults] = useState(load?.with_faults ?? false);
  // What is chosen is what runs, whoever started it, until somebody chooses otherwise.
  useEffect(() => {
    setScenario(load?.scenario ?? catalogue.shop.scenario);
    setFaults(load?.with_faults ?? false);
  }, [load?.scenario, load?.with_faults]);
  const { busy, wrong, change } = useChange(refresh);
  const entry = catalogue.scenarios.find((it) => it.name === scenario);
  const { shop } = catalogue;
  const start = () => change(() => control("PUT", "/load", { running: true, scenario, faults }));
  const stop = () => change(() => control("PUT", "/load", { running: false }));
  return html`<section aria-label="load"><h2>Load ${load ? html`<span class="lamp on">runs</span>` : html`<span class="lamp">off</span>`}</h2>
    ${load && html`<p>${load.title ? html`<b>${printable(load.title)}</b>${load.with_faults ? ", with its own faults" : ", without faults of its own"}: ` : ""}${plural(load.due_per_second, "request")} a second now; since ${clock(load.since_unix_ms)} ${count(load.sent)} sent, ${load.failed > 0 ? html`<span class="error">${count(load.failed)} failed</span>` : "none failed"}.</p>`}
    ${load?.trouble && html`<p class="error">${printable(load.trouble)}</p>`}
    ${!load && html`<p class="quiet">Nobody comes to the shop.</p>`}
    ${state.drives && html`<div class="row-of-tools">
      <label><span class="hidden">scenario</span><select value=${scenario} onChange=${(/** @type {Event} */ event) => setScenario(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${catalogue.scenarios.map((it) => html`<option value=${it.name} disabled=${it.refused !== null}>${it.title}</option>`)}</select></label>
      <label><input type="checkbox" checked=${faults} disabled=${entry?.faults.length === 0} onChange=${() => setFaults(!faults)} /> with its own faults</label>
      <button type="button" class="main" disabled=${busy} onClick=${start}>${load ? "play this" : "start"}</button>
      ${load && html`<button type="button" disabled=${busy} onClick=${stop}>stop</button>`}</div>
      ${entry && !entry.own_data && html`<p class="note">Played on the data that the shop has: ${count(shop.users)} users, ${count(shop.products)} products, ${count(shop.orders)} orders on ${shop.database}. Only a new <code>faultmart up ${entry.name}</code> brings its own.</p>`}`}
    <p class="error" role="alert">${wrong}</p></section>`;
}

/** @param {{ state: State, refresh: () => void }} properties */
function SetDesk({ state, refresh }) {
  const { busy, wrong, change } = useChange(refresh);
  const set = state.faults;
  const clear = (/** @type {string} */ query) => change(() => control("DELETE", `/faults${query}`));
  return html`<section aria-label="what is set"><h2>Set now</h2>
    ${set === null ? html`<p class="quiet">What is set is hidden: find it.</p>` : set.length === 0 ? html`<p class="quiet">${state.load?.with_faults ? "Nothing by hand: the load brings its own faults." : "Nothing: the shop is healthy."}</p>`
      : html`<ul class="set">${set.map((it) => html`<li><a href=${link(`drive/${it.fault}`, { at: it.at })}>${it.fault}</a> at <code>${it.at}</code>${" "}
        <span class="quiet">${Object.entries(it.parameters).map(([name, value]) => `${name} ${value}`).join(", ")} since ${clock(it.since_unix_ms)}, struck ${plural(it.struck, "time")}</span>
        ${state.drives && html` <button type="button" disabled=${busy} onClick=${() => clear(`?fault=${it.fault}&at=${encodeURIComponent(it.at)}`)}>clear</button>`}</li>`)}</ul>`}
    ${state.drives && html`<div class="row-of-tools">${set && set.length > 1 && html`<button type="button" disabled=${busy} onClick=${() => clear("")}>clear all</button>`}
      <label><input type="checkbox" checked=${state.hidden} disabled=${busy} onChange=${() => change(() => control("PUT", "/hidden", { hidden: !state.hidden }))} /> hide it from those who only look on</label></div>`}
    <p class="error" role="alert">${wrong}</p></section>`;
}

/** @param {{ catalogue: Catalogue, state: State, chosen: string }} properties */
function Shelf({ catalogue, state, chosen }) {
  /** @type {Map<string, FaultEntry[]>} */
  const families = new Map();
  for (const it of catalogue.faults) families.set(it.family, [...(families.get(it.family) ?? []), it]);
  const isSet = (/** @type {string} */ name) => (state.faults ?? []).some((it) => it.fault === name);
  return html`<nav class="faults" aria-label="faults">
    <label class="narrow">fault <select value=${chosen} onChange=${(/** @type {Event} */ event) => go(link(`drive/${/** @type {HTMLSelectElement} */ (event.target).value}`))}>
      <option value="">choose a fault</option>${catalogue.faults.map((it) => html`<option value=${it.name}>${it.name}</option>`)}</select></label>
    <div class="wide">${[...families].map(([family, list]) => html`<h2>${family}</h2><ul>${list.map((it) => html`<li><a href=${link(`drive/${it.name}`)} aria-current=${it.name === chosen ? "page" : undefined} title=${it.summary}>${it.name}</a>${isSet(it.name) && html` <span class="lamp on">set</span>`}</li>`)}</ul>`)}</div></nav>`;
}

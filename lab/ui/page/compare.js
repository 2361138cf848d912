// Two traces compared, or two groups of traces: what two questions find, what one finds against all others, or before and after a moment.

import { clock, count, plural, printable } from "../base/format.js";
import { Compare } from "../compare/compare.js";
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useAnswer } from "./api.js";
import { around } from "./around.js";
import { Question } from "./question.js";
import { box, question } from "./traces.js";
import { Trouble } from "./trouble.js";

const NAMES = /** @type {const} */ (["a", "a_from", "a_until", "a_least", "a_most", "b", "b_from", "b_until", "b_least", "b_most"]);

/** @param {{ parameters: URLSearchParams }} properties */
export function ComparePage({ parameters }) {
  const [before, after] = [parameters.get("before") ?? "", parameters.get("after") ?? ""];
  return before && after ? html`<${TwoTraces} before=${before} after=${after} />` : html`<${TwoGroups} asked=${Object.fromEntries(NAMES.map((name) => [name, parameters.get(name) ?? ""]))} />`;
}

/** @param {{ before: string, after: string }} properties */
function TwoTraces({ before, after }) {
  const { data, trouble } = useAnswer(`/lab/compare?before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}`);
  return html`<div><header class="trace-head"><h2>Two traces compared</h2><p class="quiet">before: <a href=${link(`trace/${before}`)}><code>${before}</code></a> · after: <a href=${link(`trace/${after}`)}><code>${after}</code></a>
      <button type="button" onClick=${() => go(link("compare", { before: after, after: before }))}>the other way round</button></p></header>
    <${Trouble} trouble=${trouble} waiting=${data ? "" : "comparing"} />
    ${data && html`<${Compare} comparison=${data} before="before" after="after" />`}</div>`;
}

/** @param {{ asked: Record<string, string> }} properties */
function TwoGroups({ asked }) {
  const group = (/** @type {"a" | "b"} */ name) => ({ q: asked[name] ?? "", from: asked[`${name}_from`] ?? "", until: asked[`${name}_until`] ?? "", least: asked[`${name}_least`] ?? "", most: asked[`${name}_most`] ?? "" });
  const [a, b] = [group("a"), group("b")];
  const told = (/** @type {Record<string, string>} */ it) => Object.values(it).some((value) => value !== "");
  const [again, setAgain] = useState(0);
  const query = [question(a, "a_"), question(b, "b_")].filter(Boolean).join("&");
  const { data, trouble } = useAnswer(query ? `/lab/compare?${query}&again=${again}` : null);
  const split = a.until !== "" && a.until === b.from && a.q === b.q;
  const names = split ? ["before", "after"] : [told(a) ? "the first" : "all else", told(a) ? "the second" : "what was found"];
  const wrong = trouble?.status === 400 ? trouble.message : "";
  return html`<div><header class="trace-head"><h2>Two groups compared</h2></header>
    <${Form} asked=${asked} wrong=${wrong} onAsk=${(/** @type {Record<string, string>} */ next) => { go(link("compare", next)); setAgain(again + 1); }} />
    ${!query && html`<p class="note">Or choose two traces in the <a href=${link("traces")}>list</a>, or set one aside and open another.</p>`}
    ${query && html`<${Trouble} trouble=${wrong ? null : trouble} waiting=${data || trouble ? "" : "comparing"} />`}
    ${data && html`<p class="note">${[a, b].map((it, at) => html`<span class="window"><b>${names[at]}</b>: ${told(it) ? html`${it.q && html`<code>${it.q}</code> `}${box(it)}` : "traces that begin alike and were not found"}; ${found(data, at)}.</span> `)}
      ${data.root && html`<span class="window">All of them begin with <b>${printable(data.root)}</b>${data.begin_otherwise > 0 && `; ${plural(data.begin_otherwise, "trace")} that begin otherwise are left out`}.</span>`}
      ${data.unfinished > 0 && html`<span class="window">${plural(data.unfinished, "trace")}, of which spans are still on their way, ${data.unfinished === 1 ? "is" : "are"} left out.</span>`}</p>
      ${data.traces.some((/** @type {number} */ it) => it === 0) ? html`<p class="quiet">There is nothing to compare: ${data.traces[1] === 0 ? names[1] : names[0]} is no trace.</p>` : html`<${Compare} comparison=${data} before=${names[0]} after=${names[1]} />`}`}</div>`;
}

/**
 * How many traces a group has, and how many of them are compared.
 * @param {any} data
 * @param {number} at
 */
function found(data, at) {
  const [all, compared] = [data.found[at], data.traces[at]];
  return compared < all ? `the newest ${count(compared)} of ${plural(all, "trace")}` : plural(all, "trace");
}

/** How many minutes there can be on either side of a moment. */
const WITHIN = ["0.5", "2", "10", "60"];

/** @param {{ asked: Record<string, string>, wrong: string, onAsk: (asked: Record<string, string>) => void }} properties */
function Form({ asked, wrong, onAsk }) {
  const [a, setA] = useState(asked.a ?? "");
  const [b, setB] = useState(asked.b ?? "");
  const [moment, setMoment] = useState(() => local(asked.b_from ?? ""));
  const [empty, setEmpty] = useState(false);
  const [within, setWithin] = useState("2");
  useEffect(() => {
    setA(asked.a ?? "");
    setB(asked.b ?? "");
    setMoment(asked.a_until && asked.a_until === asked.b_from ? local(asked.b_from ?? "") : "");
    const side = String((Number(asked.a_until) - Number(asked.a_from)) / 60_000);
    if (WITHIN.includes(side)) setWithin(side);
  }, [asked.a, asked.b, asked.a_from, asked.a_until, asked.b_from]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const at = moment ? String(new Date(moment).getTime()) : "";
    setEmpty(!at && !a.trim() && !b.trim() && !Object.values(asked).some((it) => it !== ""));
    onAsk(at ? around(Number(at), b.trim(), Number(within)) : { ...asked, a: a.trim(), b: b.trim(), ...(asked.a_until && asked.a_until === asked.b_from ? { a_from: "", a_until: "", b_from: "", b_until: "" } : {}) });
  };
  return html`<form class="search groups" onSubmit=${submit}>
    <div class="group"><span class="after-key">what</span><${Question} label="second group, in TraceQL" value=${b} onInput=${setB} wrong=${wrong} placeholder=${'{ name = "SELECT order_items" } | count() > 10'} /></div>
    <div class="group"><span class="before-key">against</span>${moment ? html`<p class="quiet">the same, before that moment</p>` : html`<${Question} label="first group, in TraceQL" value=${a} onInput=${setA} placeholder="all others that begin alike" />`}</div>
    <div class="group"><label for="moment" class="quiet">or split at</label><div class="moment"><input id="moment" type="datetime-local" step="1" value=${moment} onInput=${(/** @type {Event} */ event) => setMoment(/** @type {HTMLInputElement} */ (event.target).value)} />
      ${moment && html`<label>within <select value=${within} onChange=${(/** @type {Event} */ event) => setWithin(/** @type {HTMLSelectElement} */ (event.target).value)}>${WITHIN.map((it) => html`<option value=${it}>${it === "0.5" ? "30 s" : `${it} min`}</option>`)}</select> on either side</label>`}
      <button type="submit">compare</button></div></div>
    <${TwoFiles} asked=${asked} onAsk=${onAsk} />
    ${empty && html`<p class="error" role="alert">Say what is to be compared: a question, or a moment.</p>`}
  </form>`;
}

/** @typedef {{ name: string, spans: number, from_unix_ns: number, until_unix_ns: number }} Opened */

/**
 * Two files that were opened, of two runs say: what began in the stretch of one against what began in that of the other.
 * @param {{ asked: Record<string, string>, onAsk: (asked: Record<string, string>) => void }} properties
 */
function TwoFiles({ asked, onAsk }) {
  const { data } = useAnswer("/lab/files");
  const files = /** @type {Opened[]} */ (data?.files ?? []);
  const [chosen, setChosen] = useState(/** @type {[number, number]} */ ([1, 0]));
  if (files.length < 2) return null;
  const stretch = (/** @type {"a" | "b"} */ group, /** @type {Opened} */ it) => ({ [`${group}_from`]: String(Math.floor(it.from_unix_ns / 1e6) - 1), [`${group}_until`]: String(Math.ceil(it.until_unix_ns / 1e6) + 1) });
  const [after, before] = /** @type {[Opened, Opened]} */ (chosen.map((at) => files[at]));
  const select = (/** @type {0 | 1} */ which, /** @type {string} */ label) => html`<select aria-label=${label} value=${chosen[which]} onChange=${(/** @type {Event} */ event) => setChosen(/** @type {[number, number]} */ (chosen.map((at, place) => (place === which ? Number(/** @type {HTMLSelectElement} */ (event.target).value) : at))))}>
    ${files.map((it, at) => html`<option value=${at}>${printable(it.name)}, ${clock(it.from_unix_ns / 1e6)}, ${plural(it.spans, "span")}</option>`)}</select>`;
  return html`<div class="group"><span class="quiet">or two files</span><div class="moment">${select(0, "this file")} against ${select(1, "that file")}
      <button type="button" disabled=${after === before} onClick=${() => onAsk({ a: asked.a ?? "", b: asked.b ?? "", ...stretch("a", before), ...stretch("b", after) })}>compare the files</button>
      ${after !== before && after.from_unix_ns <= before.until_unix_ns && before.from_unix_ns <= after.until_unix_ns && html`<span class="odd">They overlap in time: what is in both stretches is in both groups.</span>`}</div></div>`;
}

/**
 * A moment in the form that a field for it takes, by the clock here.
 * @param {string} milliseconds
 */
function local(milliseconds) {
  if (!milliseconds) return "";
  const at = new Date(Number(milliseconds));
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

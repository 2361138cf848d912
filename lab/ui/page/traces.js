// Traces: a question in TraceQL, or facets to click; the answers as dots over time and as a list. The question is in the address.

import { count, duration, plural, printable } from "../base/format.js";
import { placeOfName } from "../base/colours.js";
import { html, useCallback, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useLatest } from "./api.js";
import { List } from "./list.js";
import { Question } from "./question.js";
import { Scatter } from "./scatter.js";
import { Trouble } from "./trouble.js";

/** How many traces are asked for, and at most. */
const LIMIT = 1_000;
const MOST = 10_000;

/** @typedef {{ id: string, service: string, name: string, start: number, took: number, spans: number, errors: number, matched: number | null, lacks: string }} Found `start` in ms since 1970, `took` in ns, `lacks` what is missing of it */

/**
 * @param {any} it
 * @returns {Found}
 */
function found(it) {
  return { id: it.trace_id, service: it.root_service, name: it.root_name, start: it.start_unix_ns / 1e6, took: it.duration_ns, spans: it.spans, errors: it.errors, matched: it.matched ?? null, lacks: !it.root_seen ? "its root" : it.orphans > 0 ? "a parent" : "" };
}

/** What of the address says which traces there are: the question, the box, and the facets. */
const NAMES = /** @type {const} */ (["q", "from", "until", "least", "most", "limit", "service", "name", "errors", "lacks"]);

/** @param {{ parameters: URLSearchParams }} properties */
export function Traces({ parameters }) {
  const asked = Object.fromEntries(NAMES.map((name) => [name, parameters.get(name) ?? ""]));
  const { q = "", from = "", until = "", least = "", most = "", service = "", name = "", errors = "", lacks = "" } = asked;
  const limit = Math.min(Number(asked.limit) || LIMIT, MOST);
  const [again, setAgain] = useState(0);
  const { data, fresh, trouble } = useLatest(`/lab/traces?${question({ q, from, until, least, most })}&limit=${limit}&again=${again}${parameters.get("opened") ?? ""}`);
  const all = useMemo(() => (data?.traces ?? []).map(found), [data]);
  const shown = useMemo(() => all.filter((/** @type {Found} */ it) =>
    (!service || it.service === service) && (!name || it.name === name) && (!errors || it.errors > 0) && (!lacks || it.lacks === lacks)), [all, service, name, errors, lacks]);
  const [chosen, setChosen] = useState(/** @type {string[]} */ ([]));
  const to = (/** @type {Record<string, string>} */ change) => go(link("traces", { ...asked, ...change }));
  const choose = useCallback((/** @type {string} */ id) => setChosen((before) => (before.includes(id) ? before.filter((it) => it !== id) : [...before.slice(-1), id])), []);
  const narrowed = narrow(q, { service, name, errors });
  return html`<div><${Search} question=${q} trouble=${trouble} onAsk=${(/** @type {string} */ text) => { to({ q: text }); setAgain(again + 1); }} />
    <${Trouble} trouble=${trouble && trouble.status !== 400 ? trouble : null} waiting=${data || trouble ? "" : "looking"} />
    ${data && html`<div class=${fresh ? "results" : "results stale"}>
      <aside class="facets" aria-label="facets">
        <${Facet} title="starts at" list=${all} of=${(/** @type {Found} */ it) => it.service} chosen=${service} onChoose=${(/** @type {string} */ service) => to({ service })} />
        <${Facet} title="as" colour=${placeOfName} list=${all} of=${(/** @type {Found} */ it) => it.name} chosen=${name} onChoose=${(/** @type {string} */ name) => to({ name })} />
        <${Facet} title="ends" list=${all.filter((/** @type {Found} */ it) => it.errors > 0)} of=${() => "with errors"} chosen=${errors} onChoose=${(/** @type {string} */ errors) => to({ errors })} />
        <${Facet} title="lacks" list=${all.filter((/** @type {Found} */ it) => it.lacks)} of=${(/** @type {Found} */ it) => it.lacks} chosen=${lacks} onChoose=${(/** @type {string} */ lacks) => to({ lacks })} />
      </aside>
      <div class="found">
        <p class="found-head"><span role="status">${plural(shown.length, "trace")}</span>${all.length >= limit && html`<span>of the newest ${count(limit)}${limit < MOST && html` <button type="button" onClick=${() => to({ limit: String(MOST) })}>look at ${count(MOST)}</button>`}</span>`}
          ${(from || until || least || most) && html`<button type="button" class="chip" aria-label="leave the box" onClick=${() => to({ from: "", until: "", least: "", most: "" })}>${box({ from, until, least, most })} ×</button>`}
          <button type="button" onClick=${() => setAgain(again + 1)}>look again</button>
          <button type="button" disabled=${chosen.length !== 2} onClick=${() => go(link("compare", inTime(all, chosen)))}>compare ${chosen.length === 2 ? "the two" : `two (${chosen.length} chosen)`}</button>
          ${!lacks && shown.length > 0 && (narrowed || from || until || least || most) && html`<button type="button" onClick=${() => go(link("compare", { b: narrowed, b_from: from, b_until: until, b_least: least, b_most: most }))}>compare these with the others</button>`}</p>
        ${shown.length === 0 && html`<p class="quiet">${q || narrowed || all.length > 0 || from || least ? "Nothing is like that." : "No span has come yet."}</p>`}
        ${shown.length > 0 && html`<${Scatter} list=${shown} onBox=${(/** @type {import("./scatter.js").Box} */ it) => to({ from: String(it.from), until: String(it.until), least: String(it.least), most: String(it.most) })} />`}
        ${shown.length > 0 && html`<${List} list=${shown} chosen=${chosen} onChoose=${choose} />`}
      </div>
    </div>`}</div>`;
}

/**
 * As the lab is asked: a question, and a box of milliseconds since 1970 and nanoseconds.
 * @param {Record<string, string>} asked
 * @param {string} [before] what stands before each name
 */
export function question({ q = "", from = "", until = "", least = "", most = "" }, before = "") {
  const whole = (/** @type {string} */ text, unit = "") => (text ? `${Math.round(Number(text))}${unit}` : "");
  const parts = { q, start: from && `${whole(from)}000000`, end: until && `${whole(until)}000000`, min_duration: whole(least, "ns"), max_duration: whole(most, "ns") };
  return new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== "").map(([name, value]) => [before + name, value])).toString();
}

/**
 * A box in words.
 * @param {Record<string, string>} box
 */
export function box({ from = "", until = "", least = "", most = "" }) {
  const time = (/** @type {string} */ text) => new Date(Number(text)).toLocaleTimeString();
  const when = [from && `from ${time(from)}`, until && `until ${time(until)}`].filter(Boolean).join(" ");
  const long = [least && `at least ${duration(Number(least))}`, most && `at most ${duration(Number(most))}`].filter(Boolean).join(", ");
  return [when, long].filter(Boolean).join("; ");
}

/**
 * A question with what the facets ask for as well.
 * @param {string} q
 * @param {{ service: string, name: string, errors: string }} facets
 */
function narrow(q, { service, name, errors }) {
  const root = [service && `rootServiceName = ${JSON.stringify(service)}`, name && `rootName = ${JSON.stringify(name)}`].filter(Boolean);
  return [q && (root.length > 0 || errors) ? `(${q})` : q, root.length > 0 && `{ ${root.join(" && ")} }`, errors && "{ status = error }"].filter(Boolean).join(" && ");
}

/** @param {{ question: string, trouble: import("./api.js").Refused | null, onAsk: (question: string) => void }} properties */
function Search({ question, trouble, onAsk }) {
  const [text, setText] = useState(question);
  useEffect(() => setText(question), [question]);
  return html`<form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); onAsk(asQuestion(text.trim())); }}>
    <${Question} label="question in TraceQL" value=${text} onInput=${setText} wrong=${trouble?.status === 400 ? trouble.message : ""} placeholder="words, or TraceQL" />
    <button type="submit">search</button>
    ${question && html`<button type="button" onClick=${() => onAsk("")}>all</button>`}
    <p class="note examples">for example ${EXAMPLES.map((it) => html`<button type="button" class="link" onClick=${() => onAsk(asQuestion(it))}><code>${it}</code></button> `)}</p>
  </form>`;
}

/**
 * Two traces, the earlier first.
 * @param {Found[]} all
 * @param {string[]} chosen
 */
function inTime(all, chosen) {
  const start = (/** @type {string} */ id) => all.find((it) => it.id === id)?.start ?? 0;
  const [before = "", after = ""] = [...chosen].sort((one, other) => start(one) - start(other));
  return { before, after };
}

const EXAMPLES = ["{ status = error }", "{ kind = client } | count() > 10", "{ duration > 50ms && kind = server }", "payments"];

/**
 * What somebody writes who knows no TraceQL: words are looked for in names and services, each of them in any of the spans.
 * @param {string} text
 */
function asQuestion(text) {
  if (text === "" || text.includes("{")) return text;
  const like = (/** @type {string} */ word) => JSON.stringify(`(?i).*${word.replace(/[.*+?^$()[\]\\|}]/g, "\\$&")}.*`);
  return text.split(/\s+/).map((word) => `{ name =~ ${like(word)} || resource.service.name =~ ${like(word)} }`).join(" && ");
}

/** @param {{ title: string, list: Found[], of: (it: Found) => string, chosen: string, onChoose: (value: string) => void, colour?: (value: string) => number }} properties `colour`: which one its dots and bars have */
function Facet({ title, list, of, chosen, onChoose, colour }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const it of list) counts.set(of(it), (counts.get(of(it)) ?? 0) + 1);
  if (counts.size === 0) return null;
  const sorted = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 12);
  return html`<div><h2>${title}</h2><ul>${sorted.map(([value, number]) => html`<li><button type="button" aria-pressed=${chosen === value ? "true" : "false"} title=${printable(value)} onClick=${() => onChoose(chosen === value ? "" : value)}>
    <span class="told">${colour && html`<i class=${`swatch service${colour(value)}`}></i> `}${printable(value) || "(no name)"}</span> <span class="quiet">${count(number)}</span></button></li>`)}</ul></div>`;
}

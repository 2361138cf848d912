// Traces: a question in TraceQL, or facets to click; the answers as dots over time and as a list. The question is in the address.

import { colourOf } from "../base/colours.js";
import { useSize } from "../base/dom.js";
import { count, duration, plural, printable, step } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { useAnswer } from "./api.js";
import { Trouble } from "./trouble.js";

/** How many traces are asked for, and how many of them the list shows at once. */
const LIMIT = 500;
const SHOWN = 200;

/** @typedef {{ id: string, service: string, name: string, start: number, took: number, spans: number | null, errors: number | null, matched: number | null }} Found `start` in ms since 1970, `took` in ns */

/**
 * What Tempo's search answers.
 * @param {any} it
 * @returns {Found}
 */
function fromSearch(it) {
  const sets = it.spanSets ?? (it.spanSet ? [it.spanSet] : []);
  const matched = sets.reduce((/** @type {number} */ sum, /** @type {any} */ set) => sum + Number(set.matched ?? set.spans?.length ?? 0), 0);
  const spans = Object.values(it.serviceStats ?? {}).reduce((/** @type {number} */ sum, /** @type {any} */ stats) => sum + (stats.spanCount ?? 0), 0);
  const errors = Object.values(it.serviceStats ?? {}).reduce((/** @type {number} */ sum, /** @type {any} */ stats) => sum + (stats.errorCount ?? 0), 0);
  return {
    id: String(it.traceID).padStart(32, "0"),
    service: it.rootServiceName ?? "",
    name: it.rootTraceName ?? "",
    start: Number(it.startTimeUnixNano) / 1e6,
    took: Number(it.durationMs ?? 0) * 1e6,
    spans: it.serviceStats ? Number(spans) : null,
    errors: it.serviceStats ? Number(errors) : null,
    matched: matched || null,
  };
}

/**
 * What the lab's own list answers.
 * @param {any} it
 * @returns {Found}
 */
function fromList(it) {
  return { id: it.trace_id, service: it.root_service, name: it.root_name, start: it.start_unix_ns / 1e6, took: it.duration_ns, spans: it.spans, errors: it.errors, matched: null };
}

/** @param {{ parameters: URLSearchParams }} properties */
export function Traces({ parameters }) {
  const question = parameters.get("q") ?? "";
  const facets = { service: parameters.get("service") ?? "", name: parameters.get("name") ?? "", errors: parameters.get("errors") ?? "" };
  const [asked, setAsked] = useState(0);
  const path = question ? `/api/search?q=${encodeURIComponent(question)}&limit=${LIMIT}&spss=1` : `/lab/traces?limit=${LIMIT}`;
  const { data, trouble } = useAnswer(`${path}${path.includes("?") ? "&" : "?"}again=${asked}`);
  const found = useMemo(() => (data?.traces ?? []).map(question ? fromSearch : fromList), [data, question]);
  const shown = useMemo(() => found.filter((/** @type {Found} */ it) =>
    (!facets.service || it.service === facets.service) && (!facets.name || it.name === facets.name) && (!facets.errors || (it.errors ?? 0) > 0)), [found, facets.service, facets.name, facets.errors]);
  const [chosen, setChosen] = useState(/** @type {string[]} */ ([]));
  const to = (/** @type {Record<string, string>} */ change) => go(link("traces", { q: question, ...facets, ...change }));
  const choose = (/** @type {string} */ id) => setChosen((before) => (before.includes(id) ? before.filter((it) => it !== id) : [...before.slice(-1), id]));
  return html`<div><${Search} question=${question} trouble=${trouble} onAsk=${(/** @type {string} */ q) => { to({ q }); setAsked(asked + 1); }} />
    <${Trouble} trouble=${trouble && trouble.status !== 400 ? trouble : null} waiting=${data || trouble ? "" : "looking"} />
    ${data && html`<div class="results">
      <aside class="facets" aria-label="facets">
        <${Facet} title="starts at" list=${found} of=${(/** @type {Found} */ it) => it.service} chosen=${facets.service} onChoose=${(/** @type {string} */ service) => to({ service })} />
        <${Facet} title="as" list=${found} of=${(/** @type {Found} */ it) => it.name} chosen=${facets.name} onChoose=${(/** @type {string} */ name) => to({ name })} />
        ${found.some((/** @type {Found} */ it) => it.errors !== null) && html`<${Facet} title="ends" list=${found.filter((/** @type {Found} */ it) => (it.errors ?? 0) > 0)} of=${() => "with errors"} chosen=${facets.errors} onChoose=${(/** @type {string} */ errors) => to({ errors })} />`}
      </aside>
      <div class="found">
        <p class="found-head" role="status">${plural(shown.length, "trace")}${found.length >= LIMIT && `, the newest ${LIMIT} that were found`}
          <button type="button" onClick=${() => setAsked(asked + 1)}>look again</button>
          <button type="button" disabled=${chosen.length !== 2} onClick=${() => go(link("compare", { before: chosen[0] ?? "", after: chosen[1] ?? "" }))}>compare ${chosen.length === 2 ? "the two" : `two (${chosen.length} chosen)`}</button></p>
        <${Scatter} list=${shown} />
        <${List} list=${shown} chosen=${chosen} onChoose=${choose} />
      </div>
    </div>`}</div>`;
}

/** @param {{ question: string, trouble: import("./api.js").Refused | null, onAsk: (question: string) => void }} properties */
function Search({ question, trouble, onAsk }) {
  const [text, setText] = useState(question);
  useEffect(() => setText(question), [question]);
  const wrong = trouble?.status === 400 ? trouble.message : "";
  return html`<form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); onAsk(text.trim()); }}>
    <label><span class="hidden">question in TraceQL</span>
      <input type="text" class="question" spellcheck=${false} autocomplete="off" value=${text} placeholder=${'{ resource.service.name = "orders" && duration > 20ms }'}
        aria-invalid=${wrong ? "true" : "false"} aria-describedby="wrong" onInput=${(/** @type {Event} */ event) => setText(/** @type {HTMLInputElement} */ (event.target).value)} /></label>
    <button type="submit">search</button>
    ${question && html`<button type="button" onClick=${() => onAsk("")}>all</button>`}
    <div id="wrong" class="wrong" aria-live="polite">${wrong && html`<${Wrong} message=${wrong} />`}</div>
    <p class="note examples">for example ${EXAMPLES.map((it) => html`<button type="button" class="link" onClick=${() => onAsk(it)}><code>${it}</code></button> `)}</p>
  </form>`;
}

const EXAMPLES = ["{ status = error }", '{ name = "SELECT order_items" } | count() > 10', "{ duration > 50ms && kind = server }"];

/**
 * The message with a mark under the character that it names.
 * @param {{ message: string }} properties
 */
function Wrong({ message }) {
  // The lab draws an excerpt as well, for terminals.
  const lines = message.split("\n");
  const said = lines[0];
  const help = lines.find((it) => it.startsWith("help:")) ?? "";
  const column = Number(/column (\d+)/.exec(message)?.[1] ?? 0);
  return html`<div>${column > 0 && html`<pre class="caret" aria-hidden="true">${" ".repeat(Math.min(column - 1, 500))}^</pre>`}<p class="error">${printable(said ?? "")}</p>${help && html`<p class="quiet">${printable(help)}</p>`}</div>`;
}

/** @param {{ title: string, list: Found[], of: (it: Found) => string, chosen: string, onChoose: (value: string) => void }} properties */
function Facet({ title, list, of, chosen, onChoose }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const it of list) counts.set(of(it), (counts.get(of(it)) ?? 0) + 1);
  if (counts.size === 0) return null;
  const sorted = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 12);
  return html`<div><h2>${title}</h2><ul>${sorted.map(([value, number]) => html`<li><button type="button" aria-pressed=${chosen === value ? "true" : "false"} onClick=${() => onChoose(chosen === value ? "" : value)}>
    <span>${printable(value) || "(no name)"}</span> <span class="quiet">${count(number)}</span></button></li>`)}</ul></div>`;
}

/** @param {{ list: Found[] }} properties */
function Scatter({ list }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const { width } = useSize(field);
  const [over, setOver] = useState(/** @type {Found | null} */ (null));
  const high = 150;
  const starts = list.map((it) => it.start);
  const tooks = list.map((it) => Math.max(it.took, 1e3));
  const [first, last] = [Math.min(...starts), Math.max(...starts)];
  const [low, top] = [Math.log10(Math.min(...tooks)) - 0.1, Math.log10(Math.max(...tooks)) + 0.1];
  const x = (/** @type {number} */ start) => 60 + ((start - first) / Math.max(last - first, 1)) * Math.max(width - 75, 10);
  const y = (/** @type {number} */ took) => 8 + (1 - (Math.log10(Math.max(took, 1e3)) - low) / Math.max(top - low, 0.1)) * (high - 30);
  const size = step(Math.max(last - first, 1), 6);
  const ticks = [];
  for (let at = Math.ceil(first / size) * size; at <= last && ticks.length < 20; at += size) ticks.push(at);
  const decades = [];
  for (let power = Math.ceil(low); power <= top; power += 1) decades.push(10 ** power);
  return html`<div class="scatter" ref=${field}>${width > 0 && list.length > 0 && html`<svg width=${width} height=${high} role="img" aria-label="duration over time; the list below has the same traces">
    ${decades.map((it) => html`<line x1="60" x2=${width} y1=${y(it)} y2=${y(it)} /><text x="54" y=${y(it) + 4} text-anchor="end">${duration(it)}</text>`)}
    ${ticks.map((it) => html`<text x=${x(it)} y=${high - 4} text-anchor="middle">${new Date(it).toLocaleTimeString()}</text>`)}
    ${list.map((it) => html`<circle key=${it.id} cx=${x(it.start)} cy=${y(it.took)} r="4" class=${`${colourOf(it.name)} ${(it.errors ?? 0) > 0 ? "bad" : ""}`}
      onClick=${() => go(link(`trace/${it.id}`))} onPointerEnter=${() => setOver(it)} onPointerLeave=${() => setOver(null)} />`)}
  </svg>`}<p class="note over">${over ? html`${printable(over.service)} ${printable(over.name)}, ${duration(over.took)}, ${new Date(over.start).toLocaleTimeString()}` : "a dot is a trace, a ring one with errors; a click opens it"}</p></div>`;
}

/** @param {{ list: Found[], chosen: string[], onChoose: (id: string) => void }} properties */
function List({ list, chosen, onChoose }) {
  const [order, setOrder] = useState(/** @type {"start" | "took" | "spans"} */ ("start"));
  const [most, setMost] = useState(SHOWN);
  const sorted = useMemo(() => [...list].sort((one, other) => (other[order] ?? 0) - (one[order] ?? 0)), [list, order]);
  const longest = list.reduce((longest, it) => Math.max(longest, it.took), 1);
  const head = (/** @type {"start" | "took" | "spans"} */ key, /** @type {string} */ label, number = true) => html`<th scope="col" class=${number ? "number" : ""} aria-sort=${order === key ? "descending" : "none"}><button type="button" onClick=${() => setOrder(key)}>${label}${order === key ? " ↓" : ""}</button></th>`;
  return html`<div class="scroll" tabindex="0"><table class="trace-list"><thead><tr><th scope="col"><span class="hidden">to compare</span></th>${head("start", "start", false)}<th scope="col">trace</th>${head("took", "duration")}<th scope="col"><span class="hidden">bar</span></th>${head("spans", "spans")}<th scope="col" class="number">errors</th></tr></thead>
    <tbody>${sorted.slice(0, most).map((it) => html`<tr key=${it.id} class=${colourOf(it.name)}>
      <td><input type="checkbox" aria-label=${`compare ${it.id}`} checked=${chosen.includes(it.id)} onChange=${() => onChoose(it.id)} /></td>
      <td class="quiet">${new Date(it.start).toLocaleTimeString()}</td>
      <th scope="row"><a href=${link(`trace/${it.id}`)}><span class="quiet">${printable(it.service)}</span> ${printable(it.name) || "(no name)"}</a>${it.matched !== null && html` <span class="quiet">${plural(it.matched, "span")} found</span>`}</th>
      <td class="number">${duration(it.took)}</td><td class="meter"><i style=${{ width: `${(it.took / longest) * 100}%` }}></i></td>
      <td class="number">${it.spans === null ? "–" : count(it.spans)}</td><td class=${it.errors ? "number error" : "number quiet"}>${it.errors === null ? "–" : count(it.errors)}</td></tr>`)}</tbody></table>
    ${sorted.length > most && html`<p><button type="button" onClick=${() => setMost(most + SHOWN)}>${count(sorted.length - most)} more</button></p>`}</div>`;
}

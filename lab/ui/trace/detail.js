// Everything that one span says, down to the OTLP that was received.

import { colourOf } from "../base/colours.js";
import { duration, percent, plural, printable } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { IRREGULARITIES } from "./model.js";
import { stretches } from "./path.js";

/**
 * @typedef {{ key: string, value?: Record<string, any> }} Attribute
 * @typedef {{ resource: any, scope: any, span: any }} Sent a span as it was sent, with what it shares with others
 */

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {number} properties.row
 * @param {(spanId: string) => Promise<Sent | null>} properties.details
 * @param {import("./logs.js").Log[]} properties.logs of the trace
 * @param {(traceId: string, spanId: string) => void} [properties.onLink]
 * @param {(row: number) => unknown} [properties.meanwhile] what is said of the time in which it ran
 * @param {(row: number) => void} properties.onSelect
 * @param {() => void} properties.onClose
 */
export function Detail({ trace, row, details, logs, onLink, meanwhile, onSelect, onClose }) {
  const [sent, setSent] = useState(/** @type {Sent | null} */ (null));
  const [trouble, setTrouble] = useState("");
  const id = trace.drawing.rows.id[row] ?? "";
  useEffect(() => {
    let wanted = true;
    setSent(null);
    setTrouble("");
    details(id).then(
      (found) => wanted && (found ? setSent(found) : setTrouble("its attributes are not here")),
      (error) => wanted && setTrouble(String(error.message ?? error)),
    );
    return () => {
      wanted = false;
    };
  }, [trace, id]);
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    // On a narrow screen it is below the lines: who chose a span is shown it.
    const element = field.current;
    if (element && element.getBoundingClientRect().top > innerHeight - 80) element.scrollIntoView({ block: "nearest" });
  }, [id]);
  const service = trace.serviceOf(row);
  const parent = trace.parent[row];
  const odd = trace.irregular.get(row) ?? [];
  const events = trace.events.get(row) ?? [];
  const links = trace.links.get(row) ?? [];
  const path = useMemo(() => stretches(trace), [trace]);
  const waited = path.filter((it) => it.row === row && it.gap);
  const said = logs.filter((it) => it.row === row);
  return html`<aside ref=${field} class="detail" aria-label="span" onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && onClose()}>
    <header class=${colourOf(service)}>
      <span class="service">${printable(service)}</span>
      <h3>${printable(trace.nameOf(row))}</h3>
      <button type="button" class="close" aria-label="close" onClick=${onClose}>×</button>
    </header>
    ${trace.isError(row) && html`<p class="error">✗ error${sent?.span.status?.message ? `: ${printable(sent.span.status.message)}` : ""}</p>`}
    ${odd.map(({ what }) => html`<p class="odd">⚠ ${IRREGULARITIES[what] ?? what}</p>`)}
    <dl class="figures">
      <div><dt>duration</dt><dd>${duration(trace.duration[row])}</dd></div>
      <div><dt>self time</dt><dd>${duration(trace.own[row])}</dd></div>
      <div><dt>on the critical path</dt><dd>${duration(trace.onPath[row])}${trace.onPath[row] > 0 ? `, ${percent(trace.onPath[row] / trace.extent)}` : ""}</dd></div>
      <div><dt>starts after</dt><dd>${duration(trace.start[row])}</dd></div>
      <div><dt>kind</dt><dd>${trace.kindOf(row)}${trace.isWait(row) ? ", waiting" : ""}</dd></div>
      <div><dt>span</dt><dd><code>${id}</code></dd></div>
      ${parent >= 0 && html`<div><dt>below</dt><dd><button type="button" class="link" onClick=${() => onSelect(parent)}>${printable(trace.serviceOf(parent))} ${printable(trace.nameOf(parent))}</button></dd></div>`}
    </dl>
    ${links.length > 0 && html`<section><h4>${plural(links.length, "link")}</h4><ul>
      ${links.slice(0, 50).map((link) => html`<li>${onLink
        ? html`<button type="button" class="link" onClick=${() => onLink(link.trace, link.span)}>trace ${printable(link.trace)}</button>`
        : html`trace <code>${printable(link.trace)}</code>`}</li>`)}</ul></section>`}
    ${waited.length > 0 && html`<section><h4>the root waited for it itself</h4><ul>
      ${waited.slice(0, 50).map((it) => html`<li>${duration(it.took)} <span class="quiet">after ${duration(it.from)}${it.gap === "its own" ? "" : `, ${it.gap.replace("its own, ", "")}`}</span></li>`)}</ul></section>`}
    ${meanwhile?.(row)}
    ${said.length > 0 && html`<section><h4>${plural(said.length, "log")}</h4><ul>
      ${said.slice(0, 50).map((it) => html`<li><span class="quiet">${duration(it.at)} ${printable(it.level)}</span> ${printable(it.body)}</li>`)}</ul></section>`}
    ${events.length > 0 && html`<section><h4>${plural(events.length, "event")}</h4><ul>
      ${events.slice(0, 50).map((event, at) => html`<li>${printable(event.name)} <span class="quiet">after ${duration(event.at)}</span>
        ${(sent?.span.events?.[at]?.attributes ?? []).slice(0, 20).map((/** @type {Attribute} */ it) => html`<div class="quiet">${printable(it.key)}: ${printable(text(it.value))}</div>`)}</li>`)}</ul></section>`}
    ${sent && html`<div><${Attributes} title="attributes" list=${sent.span.attributes} open=${true} />
      <${Attributes} title="resource" list=${sent.resource?.attributes} />
      <${Raw} sent=${sent} /></div>`}
    ${trouble && html`<p class="quiet">${trouble}</p>`}
  </aside>`;
}

/** @param {{ title: string, list?: Attribute[], open?: boolean }} properties */
function Attributes({ title, list = [], open = false }) {
  if (list.length === 0) return null;
  return html`<details open=${open}><summary>${title} <span class="quiet">${list.length}</span></summary>
    <table class="attributes"><tbody>${list.slice(0, 500).map(({ key, value }) => html`<tr><th scope="row">${printable(key)}</th><td class="value">${lines(text(value))}</td></tr>`)}</tbody></table>
  </details>`;
}

/** @param {{ sent: Sent }} properties */
function Raw({ sent }) {
  const json = JSON.stringify(sent, null, 2);
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const [copied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard?.writeText(json).then(() => setCopied(true), () => {
      // Without leave to write, what is selected can still be copied by hand.
      if (field.current) getSelection()?.selectAllChildren(field.current);
    });
  };
  return html`<details class="raw"><summary>as it was received <span class="quiet">OTLP JSON</span></summary>
    <button type="button" onClick=${copy}>${copied ? "copied" : "copy"}</button>
    <pre ref=${field} tabindex="0">${json}</pre></details>`;
}

/**
 * A text of several lines, such as a statement, as it is.
 * @param {string} text
 */
function lines(text) {
  return text.slice(0, 1000).split(/\r?\n/).map(printable).join("\n");
}

/**
 * An OTLP value in the manner of JSON.
 * @param {Record<string, any> | undefined} value
 * @returns {string}
 */
export function text(value) {
  const kind = Object.keys(value ?? {})[0];
  if (!value || !kind) return "(empty)";
  return typeof value[kind] === "object" ? JSON.stringify(value[kind]) : String(value[kind]);
}

/**
 * Looks for one span in an OTLP document.
 * @param {any} otlp
 * @param {string} spanId
 * @returns {Sent | null}
 */
export function findSent(otlp, spanId) {
  for (const { resource, scopeSpans } of otlp?.resourceSpans ?? []) {
    for (const { scope, spans } of scopeSpans ?? []) {
      const span = (spans ?? []).find((/** @type {any} */ it) => it.spanId === spanId);
      if (span) return { resource: resource ?? null, scope: scope ?? null, span };
    }
  }
  return null;
}

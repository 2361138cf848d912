// One trace in its four views, with what is odd about it said above, and the chosen span beside it.

import { colourOf } from "../base/colours.js";
import { useId } from "../base/dom.js";
import { count, duration, plural, printable } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { Detail } from "./detail.js";
import { FlameGraph } from "./flame.js";
import { NOTHING_CHOSEN, visible } from "./lines.js";
import { LogList } from "./logs.js";
import { IRREGULARITIES } from "./model.js";
import { PathList } from "./path.js";
import { SpanTable } from "./table.js";
import { Waterfall } from "./waterfall.js";

const TABS = /** @type {const} */ ([
  ["waterfall", "waterfall"],
  ["spans", "spans"],
  ["path", "critical path"],
  ["flame", "flame graph"],
  ["logs", "logs"],
]);
/** @type {import("./logs.js").Log[]} */
const NO_LOGS = [];

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {(spanId: string) => Promise<import("./detail.js").Sent | null>} properties.details
 * @param {(traceId: string, spanId: string) => void} [properties.onLink]
 * @param {import("./logs.js").Log[]} [properties.logs]
 * @param {string} [properties.span] the id of the span that is chosen at first
 * @param {(spanId: string) => void} [properties.onChosen]
 * @param {number} [properties.scale]
 * @param {boolean} [properties.focused] whether the keys are at its lines from the start
 * @param {(row: number) => unknown} [properties.meanwhile] what stands with a chosen span, about the time in which it ran
 * @param {(service: string) => unknown} [properties.beside] what stands beside the flame graph, about the chosen span's service
 */
export function TraceView({ trace, details, onLink, logs = NO_LOGS, span = "", onChosen, scale, focused = false, meanwhile, beside }) {
  const [tab, setTab] = useState("waterfall");
  const [choice, setChoice] = useState(NOTHING_CHOSEN);
  const [selected, setSelected] = useState(-1);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId("trace");
  useEffect(() => {
    setChoice(NOTHING_CHOSEN);
    setSelected(span ? trace.drawing.rows.id.indexOf(span) : -1);
  }, [trace, span]);
  useEffect(() => onChosen?.(trace.drawing.rows.id[selected] ?? ""), [selected]);
  const tabs = TABS.filter(([key]) => key !== "logs" || logs.length > 0);
  const show = (/** @type {number} */ row) => {
    setTab("waterfall");
    setChoice((/** @type {typeof choice} */ before) => ({ ...before, filter: "" }));
    setSelected(row);
  };
  const hits = useMemo(() => (choice.filter ? visible(trace, choice).hits : 0), [trace, choice]);
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const toLines = () => /** @type {HTMLElement | null | undefined} */ (field.current?.querySelector(".lines"))?.focus({ preventScroll: true });
  useEffect(() => {
    if (focused) toLines();
  }, [trace]);
  // The keys go on from where they were, not from nowhere.
  const close = () => {
    setSelected(-1);
    toLines();
  };
  const leave = () => (selected >= 0 ? setSelected(-1) : setChoice({ ...choice, filter: "" }));
  const shortcuts = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    search.current?.focus();
  };
  return html`<section ref=${field} class="trace" aria-label=${`trace ${trace.id}`} onKeyDown=${shortcuts}>
    <div class="bar-of-tools">
      <div role="tablist" aria-label="views of the trace" onKeyDown=${(/** @type {KeyboardEvent} */ event) => moveTab(event, tabs.map(([key]) => key), tab, setTab)}>
        ${tabs.map(([key, label]) => html`<button type="button" role="tab" id=${`${id}-${key}`} aria-controls=${`${id}-panel`} tabindex=${tab === key ? 0 : -1}
          aria-selected=${tab === key ? "true" : "false"} onClick=${() => setTab(key)}>${label}${key === "logs" && html` <span class="quiet">${count(logs.length)}</span>`}</button>`)}
      </div>
      ${tab === "waterfall" && html`<label class="find"><span class="hidden">find spans</span>
        <input ref=${search} type="search" placeholder="find spans  /" value=${choice.filter}
          onInput=${(/** @type {Event} */ event) => setChoice({ ...choice, filter: /** @type {HTMLInputElement} */ (event.target).value })}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && setChoice({ ...choice, filter: "" })} />
        <span class="quiet" role="status">${choice.filter ? plural(hits, "span") : ""}</span></label>`}
      <span class="facts">${plural(trace.length, "span")}${trace.errors > 0 && html`, <span class="error">${plural(trace.errors, "error")}</span>`}, ${duration(trace.duration[trace.drawing.root])}</span>
    </div>
    <${Odd} trace=${trace} onSelect=${show} />
    <div class=${selected >= 0 ? "panes with-detail" : "panes"}>
      <div class="pane" id=${`${id}-panel`} role="tabpanel" aria-labelledby=${`${id}-${tab}`}>
        ${tab === "waterfall" && html`<${Waterfall} trace=${trace} choice=${choice} onChoice=${setChoice} selected=${selected} onSelect=${setSelected} onLeave=${leave} scale=${scale} />`}
        ${tab === "spans" && html`<${SpanTable} trace=${trace} onSelect=${show} />`}
        ${tab === "path" && html`<${PathList} trace=${trace} onSelect=${show} />`}
        ${tab === "flame" && html`<div class="flames-pair"><${FlameGraph} trace=${trace} onSelect=${show} />${beside?.(trace.serviceOf(selected >= 0 ? selected : busiest(trace)))}</div>`}
        ${tab === "logs" && html`<${LogList} trace=${trace} logs=${logs} onSelect=${show} />`}
      </div>
      ${selected >= 0 && html`<${Detail} trace=${trace} row=${selected} details=${details} logs=${logs} onLink=${onLink} meanwhile=${meanwhile} onSelect=${show} onClose=${close} />`}
    </div>
    ${(tab === "waterfall" || tab === "flame") && html`<${Legend} trace=${trace} bars=${tab === "waterfall"} />`}
  </section>`;
}

/**
 * The span that did the most itself; what a call takes beyond its answer is nobody's work.
 * @param {import("./model.js").Trace} trace
 */
function busiest(trace) {
  return trace.own.reduce((most, own, row) => (own > trace.own[most] && trace.drawing.rows.kind[row] !== 3 ? row : most), 0);
}

/**
 * @param {KeyboardEvent} event
 * @param {string[]} tabs
 * @param {string} tab
 * @param {(tab: string) => void} setTab
 */
function moveTab(event, tabs, tab, setTab) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const at = (tabs.indexOf(tab) + by + tabs.length) % tabs.length;
  setTab(tabs[at] ?? tab);
  const button = /** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("[role=tab]")[at];
  if (button instanceof HTMLElement) button.focus();
}

/**
 * What is odd about the trace, said and not mended.
 * @param {{ trace: import("./model.js").Trace, onSelect: (row: number) => void }} properties
 */
function Odd({ trace, onSelect }) {
  /** @type {Map<string, number[]>} */
  const kinds = new Map();
  for (const [row, what] of trace.drawing.irregular) kinds.set(what, [...(kinds.get(what) ?? []).slice(0, 9_999), row]);
  if (kinds.size === 0) return null;
  return html`<ul class="odd-list">${[...kinds].map(([what, rows]) => html`<li class="odd">⚠ ${plural(rows.length, "span")}: ${IRREGULARITIES[what] ?? what} <button type="button" class="link" onClick=${() => onSelect(rows[0])}>show the first</button></li>`)}</ul>`;
}

/** @param {{ trace: import("./model.js").Trace, bars: boolean }} properties `bars`: those of the waterfall, and its keys, are told as well */
function Legend({ trace, bars }) {
  const services = trace.drawing.services;
  return html`<div class="legend">
    ${services.slice(0, 12).map((service) => html`<span class=${`key ${colourOf(service)}`}><i class="swatch"></i>${printable(service)}</span>`)}
    ${services.length > 12 && html`<span class="quiet">and ${count(services.length - 12)} more</span>`}
    ${bars && html`<span class="key neutral"><i class="sample path"></i>waited for (critical path)</span>
    <span class="key neutral"><i class="sample way"></i>the same, on the way to another service and back</span>
    <span class="key neutral"><i class="sample ran"></i>ran</span>
    <span class="key neutral"><i class="sample wait"></i>itself waiting: for a lock, a queue, a pool</span>
    <span class="keys quiet"><kbd>↑</kbd> <kbd>↓</kbd> move · <kbd>→</kbd> <kbd>←</kbd> open, close · <kbd>z</kbd> zoom · <kbd>0</kbd> all · <kbd>e</kbd> next error · <kbd>Enter</kbd> details</span>`}
  </div>`;
}

// The list of traces, of which only the lines on the screen are there, so that ten thousand are as quick as ten.

import { placeOfName } from "../base/colours.js";
import { useSize } from "../base/dom.js";
import { clock, count, duration, plural, printable } from "../base/format.js";
import { Component, html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";

/** How high a line is, in pixels; the style sheet says the same. */
const ROW = 28;
/** How many lines there are above and below those that are seen. */
const AROUND = 4;

/** @typedef {import("./traces.js").Found} Found */

const COLUMNS = /** @type {const} */ ([
  ["start", "start", "when"],
  ["took", "duration", "number"],
  ["spans", "spans", "number"],
  ["errors", "errors", "number"],
]);

/** @param {{ list: Found[], chosen: string[], onChoose: (id: string) => void }} properties */
export function List({ list, chosen, onChoose }) {
  const [order, setOrder] = useState(/** @type {"start" | "took" | "spans" | "errors"} */ ("start"));
  const [top, setTop] = useState(0);
  const [focused, setFocused] = useState("");
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const { height } = useSize(scroller);
  const sorted = useMemo(() => [...list].sort((one, other) => other[order] - one[order]), [list, order]);
  const longest = useMemo(() => list.reduce((longest, it) => Math.max(longest, it.took), 1), [list]);
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [order]);
  const first = Math.max(0, Math.floor(top / ROW) - AROUND);
  const last = Math.min(first + Math.ceil(Math.max(height, 300) / ROW) + 2 * AROUND, sorted.length);
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = /** @type {Element} */ (event.target).closest("tr[data-at]");
    const beside = by === 1 ? row?.nextElementSibling : row?.previousElementSibling;
    const next = by && beside?.querySelector(/** @type {Element} */ (event.target).matches("input") ? "input" : "a");
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  };
  const head = (/** @type {number} */ at) => {
    const [key, label, kind] = COLUMNS[at] ?? COLUMNS[0];
    return html`<th scope="col" class=${`${key} ${kind}`} aria-sort=${order === key ? "descending" : "none"}><button type="button" onClick=${() => setOrder(key)}>${label}${order === key ? " ↓" : ""}</button></th>`;
  };
  const space = (/** @type {number} */ rows) => rows > 0 && html`<tr class="space" aria-hidden="true"><td style=${`height:${rows * ROW}px`}></td></tr>`;
  // The line that has the focus stays when it is scrolled away, or the focus would be lost, and those beside it, to which arrows go.
  const held = useMemo(() => (focused ? sorted.findIndex((it) => it.id === focused) : -1), [sorted, focused]);
  const wanted = Array.from({ length: last - first }, (_, at) => first + at);
  for (const at of held < 0 ? [] : [held - 1, held, held + 1]) if (sorted[at] && (at < first || at >= last)) wanted.push(at);
  const shown = wanted.sort((one, other) => one - other).map((at) => ({ it: /** @type {Found} */ (sorted[at]), at }));
  const rows = [];
  let next = 0;
  for (const { it, at } of shown) {
    rows.push(space(at - next));
    next = at + 1;
    rows.push(html`<${Row} key=${it.id} ...${{ it, at, longest, onChoose }} chosen=${chosen.includes(it.id)} />`);
  }
  return html`<div class="list" ref=${scroller} tabindex="0" role="region" aria-label="the traces that were found" onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop)} onKeyDown=${keys}
    onFocusCapture=${(/** @type {FocusEvent} */ event) => setFocused(sorted[Number(/** @type {Element} */ (event.target).closest("tr[data-at]")?.getAttribute("data-at") ?? -1)]?.id ?? "")} onBlurCapture=${() => setFocused("")}>
    <table class="trace-list" aria-rowcount=${sorted.length + 1}>
      <thead><tr aria-rowindex="1"><th scope="col" class="pick"><span class="hidden">to compare</span></th>${head(0)}<th scope="col">trace</th>${head(1)}<th scope="col" class="meter"><span class="hidden">bar</span></th>${head(2)}${head(3)}</tr></thead>
      <tbody>${rows}${space(sorted.length - next)}</tbody></table></div>`;
}

/** A line; it is drawn anew only when something about it has changed. */
class Row extends Component {
  /** @param {any} next */
  shouldComponentUpdate(next) {
    const now = /** @type {any} */ (this.props);
    return next.it !== now.it || next.at !== now.at || next.longest !== now.longest || next.chosen !== now.chosen || next.onChoose !== now.onChoose;
  }

  /** @param {{ it: Found, at: number, longest: number, chosen: boolean, onChoose: (id: string) => void }} properties */
  render({ it, at, longest, chosen, onChoose }) {
    return html`<tr data-at=${at} aria-rowindex=${at + 2} class=${`service${placeOfName(it.name)}`}>
      <td class="pick"><input type="checkbox" aria-label=${`compare ${it.id}`} checked=${chosen} onChange=${() => onChoose(it.id)} /></td>
      <td class="start quiet">${clock(it.start)}</td>
      <th scope="row"><a href=${link(`trace/${it.id}`)} title=${printable(it.name)}><span class="quiet">${printable(it.service)}</span> ${printable(it.name) || "(no name)"}</a>${it.matched !== null && html` <span class="quiet">${plural(it.matched, "span")} found</span>`}</th>
      <td class="took number">${duration(it.took)}</td><td class="meter"><i style=${`width:${(it.took / longest) * 100}%`}></i></td>
      <td class="spans number">${count(it.spans)}</td><td class=${it.errors ? "errors number error" : "errors number quiet"}>${count(it.errors)}</td></tr>`;
  }
}

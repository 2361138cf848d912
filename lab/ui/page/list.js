// The list of traces, of which only the lines on the screen are there, so that ten thousand are as quick as ten.

import { placeOfName } from "../base/colours.js";
import { useSize } from "../base/dom.js";
import { clock, count, duration, plural, printable } from "../base/format.js";
import { Component, html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { link } from "./address.js";

/** How high a line is, in pixels; the style sheet says the same. */
const ROW = 28;
/** How many lines a block has. */
const BLOCK = 14;

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
  // Blocks of lines come and go as one scrolls, half of one before it is seen; what is in one stays as it is.
  const blocks = Math.ceil(sorted.length / BLOCK);
  const first = Math.max(0, Math.floor(top / ROW / BLOCK - 0.3));
  const last = Math.min(Math.ceil((top + Math.max(height, 300)) / ROW / BLOCK + 0.3), blocks);
  // The line that has the focus stays when it is scrolled away, or the focus would be lost, and those beside it, to which arrows go.
  const held = useMemo(() => (focused ? sorted.findIndex((it) => it.id === focused) : -1), [sorted, focused]);
  const shown = new Set(Array.from({ length: Math.max(last - first, 0) }, (_, at) => first + at));
  for (const at of held < 0 ? [] : [held - 1, held, held + 1]) if (sorted[at]) shown.add(Math.floor(at / BLOCK));
  const lineOf = (/** @type {EventTarget | null} */ target) => /** @type {HTMLElement | null | undefined} */ (/** @type {Element | null} */ (target)?.closest("[data-at]"));
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = Number(lineOf(event.target)?.dataset.at ?? -1);
    const next = by && at >= 0 && scroller.current?.querySelector(`[data-at="${at + by}"] ${/** @type {Element} */ (event.target).matches("input") ? "input" : "a"}`);
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  };
  const head = (/** @type {number} */ at) => {
    const [key, label, kind] = COLUMNS[at] ?? COLUMNS[0];
    return html`<span role="columnheader" class=${`${key} ${kind}`} aria-sort=${order === key ? "descending" : "none"}><button type="button" onClick=${() => setOrder(key)}>${label}${order === key ? " ↓" : ""}</button></span>`;
  };
  return html`<div class="list" ref=${scroller} tabindex="0" role="region" aria-label="the traces that were found" onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop)} onKeyDown=${keys}
    onFocusCapture=${(/** @type {FocusEvent} */ event) => setFocused(sorted[Number(lineOf(event.target)?.dataset.at ?? -1)]?.id ?? "")} onBlurCapture=${() => setFocused("")}>
    <div class="trace-list" role="table" aria-rowcount=${sorted.length + 1}>
      <div role="rowgroup" class="head-line"><div role="row" aria-rowindex="1" class="line-of"><span role="columnheader" class="pick"><span class="hidden">to compare</span></span>${head(0)}<span role="columnheader" class="name">trace</span>${head(1)}${head(2)}${head(3)}</div></div>
      <div role="rowgroup" class="lines-of" style=${`height:${sorted.length * ROW}px`}>${Array.from({ length: blocks }, (_, at) => html`<${Block} key=${at} ...${{ sorted, at, shown: shown.has(at), longest, chosen, onChoose }} />`)}</div></div></div>`;
}

/**
 * @typedef {object} Lines
 * @property {Found[]} sorted
 * @property {number} at which block
 * @property {boolean} shown whether its lines are there; its place always is, since to move one would take the focus from what is in it
 * @property {number} longest
 * @property {string[]} chosen
 * @property {(id: string) => void} onChoose
 */

/** A block of lines, drawn anew only when something about it has changed. */
class Block extends Component {
  /** @param {Lines} next */
  shouldComponentUpdate(next) {
    const now = /** @type {Lines} */ (this.props);
    return next.shown !== now.shown || next.sorted !== now.sorted || (next.shown && (next.longest !== now.longest || next.chosen !== now.chosen || next.onChoose !== now.onChoose));
  }

  /** @param {Lines} properties */
  render({ sorted, at, shown, longest, chosen, onChoose }) {
    const lines = shown ? sorted.slice(at * BLOCK, (at + 1) * BLOCK) : [];
    return html`<div role="presentation" class="block-of" style=${`top:${at * BLOCK * ROW}px;height:${Math.min(sorted.length - at * BLOCK, BLOCK) * ROW}px`}>
      ${lines.map((it, place) => html`<div role="row" key=${it.id} data-at=${at * BLOCK + place} aria-rowindex=${at * BLOCK + place + 2} class="line-of">
        <span role="cell" class="pick"><input type="checkbox" aria-label=${`compare ${it.id}`} checked=${chosen.includes(it.id)} onChange=${() => onChoose(it.id)} /></span>
        <span role="cell" class="start quiet">${clock(it.start)}</span>
        <span role="rowheader" class="name"><a href=${link(`trace/${it.id}`)} title=${printable(it.name)}><span class="quiet">${printable(it.service)}</span> ${printable(it.name) || "(no name)"}</a>${it.matched !== null && html` <span class="quiet">${plural(it.matched, "span")} found</span>`}${it.lacks && html` <span class="lacks" title="lost, late, still on its way, or of broken propagation">⚠ without ${it.lacks}</span>`}</span>
        <span role="cell" class="took number">${duration(it.took)}</span>
        <span role="cell" class="spans number">${count(it.spans)}</span><span role="cell" class=${it.errors ? "errors number error" : "errors number quiet"}>${count(it.errors)}</span></div>`)}
      ${lines.length > 0 && html`<${Bars} lines=${lines} longest=${longest} />`}</div>`;
  }
}

/**
 * How long each took, in one picture: elements of their own would cost more than all else in a line.
 * @param {{ lines: Found[], longest: number }} properties
 */
function Bars({ lines, longest }) {
  /** @type {string[]} */
  const paths = Array(8).fill("");
  for (const [place, it] of lines.entries()) paths[placeOfName(it.name)] += `M0 ${(place + 0.5) * ROW}H${Math.max((it.took / longest) * 100, 0.5)}`;
  return html`<svg class="meter" viewBox=${`0 0 100 ${lines.length * ROW}`} preserveAspectRatio="none" aria-hidden="true">${paths.map((path, place) => path && html`<path class=${`service${place}`} d=${path} />`)}</svg>`;
}

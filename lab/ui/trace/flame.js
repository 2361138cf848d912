// The flame graph: spans of one path from the root together, as wide as the self times of all that is below them, so that what
// runs at the same time does not lie on top of one another. Functions of a CPU profile are drawn in the same way.

import { colourOf } from "../base/colours.js";
import { count, duration, percent, printable } from "../base/format.js";
import { html, useMemo, useRef, useState } from "../vendor/preact-htm.js";

/**
 * @typedef {Pick<import("./model.js").Trace, "length" | "parent" | "service" | "name" | "own" | "duration" | "nameOf" | "serviceOf" | "isWait">} Stacks a trace, or a
 *   profile, whose functions have no colour if they have no service
 *
 * @typedef {object} Flame
 * @property {number} row its longest span
 * @property {number} parent
 * @property {number} depth
 * @property {number} count
 * @property {number} own
 * @property {number} width
 * @property {number} left
 * @property {number[]} below
 */

/** Narrower than this part of what is shown, a flame is not drawn. */
const NARROWEST = 0.002;
/** The deepest that is drawn. */
const DEEPEST = 200;

/**
 * @param {Stacks} trace
 * @returns {Flame[]} parents before children
 */
export function flames(trace) {
  /** @type {Flame[]} */
  const list = [{ row: -1, parent: -1, depth: 0, count: 0, own: 0, width: 0, left: 0, below: [] }];
  const of = new Int32Array(trace.length);
  /** @type {Map<string, number>} */
  const places = new Map();
  for (let row = 0; row < trace.length; row += 1) {
    const parent = trace.parent[row] < 0 ? 0 : of[trace.parent[row]];
    const key = `${parent}/${trace.service[row]}/${trace.name[row]}`;
    let place = places.get(key);
    if (place === undefined) {
      place = list.length;
      places.set(key, place);
      list.push({ row, parent, depth: list[parent].depth + 1, count: 0, own: 0, width: 0, left: 0, below: [] });
      list[parent].below.push(place);
    }
    const flame = list[place];
    flame.count += 1;
    flame.own += trace.own[row];
    if (trace.duration[row] > trace.duration[flame.row]) flame.row = row;
    of[row] = place;
  }
  for (let place = list.length - 1; place >= 0; place -= 1) {
    const flame = list[place];
    flame.width += flame.own;
    if (flame.parent >= 0) list[flame.parent].width += flame.width;
  }
  for (const flame of list) {
    let left = flame.left;
    for (const place of flame.below) {
      list[place].left = left;
      left += list[place].width;
    }
  }
  return list;
}

/**
 * @param {object} properties
 * @param {Stacks} properties.trace
 * @param {(row: number) => void} [properties.onSelect]
 */
export function FlameGraph({ trace, onSelect }) {
  const list = useMemo(() => flames(trace), [trace]);
  const [top, setTop] = useState(0);
  const [at, setAt] = useState(0);
  const [over, setOver] = useState("");
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const root = list[top] ?? list[0];
  const width = Math.max(root.width, 1);
  const shown = list
    .map((flame, place) => ({ flame, place }))
    .filter(({ flame }) => flame.depth >= Math.max(root.depth, 1) && flame.depth - root.depth < DEEPEST)
    .filter(({ flame }) => flame.left + flame.width > root.left && flame.left < root.left + root.width)
    .filter(({ flame, place }) => flame.width / width >= NARROWEST || place === top);
  const base = Math.max(root.depth, 1);
  const deepest = shown.reduce((most, { flame }) => Math.max(most, flame.depth - base), 0);
  const focus = (/** @type {number | undefined} */ place) => {
    if (place === undefined || !shown.some((it) => it.place === place)) return;
    setAt(place);
    const element = field.current?.querySelector(`[data-place="${place}"]`);
    if (element instanceof HTMLElement) element.focus();
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const flame = list[at];
    const beside = list[flame?.parent ?? 0]?.below ?? [];
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => focus([...(flame?.below ?? [])].sort((one, other) => list[other].width - list[one].width)[0]),
      ArrowUp: () => focus(flame?.parent),
      ArrowLeft: () => focus(beside[beside.indexOf(at) - 1]),
      ArrowRight: () => focus(beside[beside.indexOf(at) + 1]),
      Escape: () => setTop(0),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  };
  const stop = shown.some(({ place }) => place === at) ? at : shown[0]?.place;
  return html`<div class="flames-box">
    <p class="note over">${over || "as wide as the self times below, of what ran at the same time both; a click zooms in"} ${top !== 0 && html`<button type="button" onClick=${() => setTop(0)}>show all</button>`}</p>
    <div class="flames" ref=${field} onKeyDown=${keys} style=${{ height: `${(deepest + 1) * 22}px` }}>
      ${shown.map(({ flame, place }) => {
        const left = Math.max(flame.left, root.left);
        const right = Math.min(flame.left + flame.width, root.left + root.width);
        const service = trace.serviceOf(flame.row);
        const name = `${printable(service)} ${printable(trace.nameOf(flame.row))}`.trim();
        const title = `${name}${flame.count > 1 ? ` ×${count(flame.count)}` : ""}: ${duration(flame.width)}, ${percent(flame.width / Math.max(list[0].width, 1))}; its own ${duration(flame.own)}`;
        return html`<button type="button" key=${place} data-place=${place} tabindex=${place === stop ? 0 : -1} title=${title} aria-label=${title}
          class=${`flame ${service ? colourOf(service) : "neutral"} ${trace.isWait(flame.row) ? "wait" : ""}`}
          style=${{ left: `${((left - root.left) / width) * 100}%`, width: `${((right - left) / width) * 100}%`, top: `${(flame.depth - base) * 22}px` }}
          onFocus=${() => { setAt(place); setOver(title); }} onPointerEnter=${() => setOver(title)} onClick=${() => setTop(place)} onDblClick=${() => onSelect?.(flame.row)}>${printable(trace.nameOf(flame.row))}${flame.count > 1 ? ` ×${count(flame.count)}` : ""} ${duration(flame.width)}</button>`;
      })}
    </div></div>`;
}

// The bars of a block of lines: when their spans ran, and, darker, while the root waited for them; hatched is what itself waited. One
// picture for all of them, with one path for each look, since thousands of elements would make scrolling slow.

import { placeOf } from "../base/colours.js";
import { html } from "../vendor/preact-htm.js";
import { ROW } from "./line.js";
import { membersAt } from "./lines.js";

/** Where a bar is in its line, in pixels from the line's top. */
const [TOP, HIGH] = [6, 10];
/** Pieces nearer than this are one, and none is narrower; in pixels. */
const [NEAR, THIN] = [0.5, 1.5];
/** The most events of a span that are marked. */
const EVENTS = 100;

/**
 * @param {object} view
 * @param {import("./model.js").Trace} view.trace
 * @param {import("./lines.js").Lines} view.lines
 * @param {import("./lines.js").Choice} view.choice
 * @param {import("./axis.js").Range} view.range
 * @param {number} view.first the first line
 * @param {number} view.last the one after the last
 * @param {number} view.width in pixels
 */
export function bars({ trace, lines, choice, range, first, last, width }) {
  if (width <= 0) return null;
  /** @type {Map<string, string>} */
  const paths = new Map();
  const add = (/** @type {string} */ look, /** @type {string} */ path) => path && paths.set(look, (paths.get(look) ?? "") + path);
  const scale = width / (range.until - range.from);
  const x = (/** @type {number} */ time) => Math.round(Math.min(Math.max((time - range.from) * scale, 0), width) * 10) / 10;
  for (let at = first; at < last; at += 1) {
    const members = membersAt(trace, lines, at, choice);
    const row = members[0];
    const top = (at - first) * ROW + TOP;
    const look = `service${placeOf(trace.serviceOf(row))} ${trace.isWait(row) ? "wait " : ""}`;
    const within = (/** @type {number[]} */ [from, until]) => until >= range.from && from <= range.until;
    const ran = members.map((member) => [trace.start[member], trace.start[member] + trace.duration[member]]).filter(within);
    const waited = members.flatMap((member) => trace.segments.get(member) ?? []).filter(within);
    add(`${look}ran`, boxes(joined(ran, x), top));
    add(`${look}path`, boxes(joined(waited, x), top));
    if (members.length === 1) {
      for (const { at: time } of (trace.events.get(row) ?? []).slice(0, EVENTS)) if (within([time, time])) add("event", `M${x(time)} ${top - 2}v${HIGH + 4}`);
    }
    // Where a bar lies that is not within what is shown.
    if (ran.length === 0) add("outside", trace.start[row] < range.from ? `M6 ${top}l-6 5l6 5z` : `M${width - 6} ${top}l6 5l-6 5z`);
  }
  return html`<svg class="bars" viewBox=${`0 0 ${width} ${(last - first) * ROW}`} preserveAspectRatio="none" aria-hidden="true">${[...paths].map(([look, path]) => html`<path key=${look} class=${look} d=${path} />`)}</svg>`;
}

/**
 * Pieces that touch are one: from and until, by turns.
 * @param {number[][]} stretches
 * @param {(time: number) => number} x
 */
function joined(stretches, x) {
  /** @type {number[]} */
  const list = [];
  for (const [from, until] of stretches.sort((one, other) => one[0] - other[0])) {
    const [left, right] = [x(from), x(until)];
    const last = list.length - 1;
    if (last > 0 && left - list[last] <= NEAR) list[last] = Math.max(list[last], right);
    else list.push(left, right);
  }
  return list;
}

/**
 * @param {number[]} pieces
 * @param {number} top
 */
function boxes(pieces, top) {
  let path = "";
  for (let at = 0; at < pieces.length; at += 2) {
    const wide = Math.max(pieces[at + 1] - pieces[at], THIN);
    path += `M${pieces[at]} ${top}h${wide}v${HIGH}h-${wide}z`;
  }
  return path;
}

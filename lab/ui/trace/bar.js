// The bars of a block of lines: when their spans ran, and, darker, while the root waited for them; hatched is what itself waited, dashed
// the way from one service to another. One
// picture for all of them, with one path for each look, since thousands of elements would make scrolling slow.

import { placeOf } from "../base/colours.js";
import { html } from "../vendor/preact-htm.js";
import { ROW } from "./line.js";
import { membersAt } from "./lines.js";

/** Where a bar is in its line, in pixels from the line's top. */
const [TOP, HIGH] = [6, 10];
/** Pieces nearer than this are one, and none is narrower; in pixels. */
const [NEAR, THIN] = [0.5, 1.5];
/** From and until of no piece. */
const NOTHING = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
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
  const within = (/** @type {number} */ from, /** @type {number} */ until) => until >= range.from && from <= range.until;
  for (let at = first; at < last; at += 1) {
    const members = membersAt(trace, lines, at, choice);
    const row = members[0];
    const top = (at - first) * ROW + TOP;
    const waits = trace.isWait(row);
    const look = `service${placeOf(trace.serviceOf(row))} ${waits ? "wait " : ""}`;
    let path = "";
    // Pieces that touch are one.
    let [left, right] = NOTHING;
    const write = () => {
      if (right < left) return;
      const wide = Math.max(right - left, THIN);
      // A line as thick as a bar has a third of what a box has to say; what is hatched and outlined needs the box.
      path += waits ? `M${left} ${top}h${wide}v${HIGH}h-${wide}z` : `M${left} ${top + HIGH / 2}h${wide}`;
    };
    const piece = (/** @type {number} */ from, /** @type {number} */ until) => {
      if (!within(from, until)) return;
      const [begin, end] = [x(from), x(until)];
      if (begin <= right + NEAR && end >= left - NEAR) {
        if (begin < left) left = begin;
        if (end > right) right = end;
      } else {
        write();
        left = begin;
        right = end;
      }
    };
    const written = () => {
      write();
      const done = path;
      path = "";
      [left, right] = NOTHING;
      return done;
    };
    for (const member of members) piece(trace.start[member], trace.start[member] + trace.duration[member]);
    const ran = written();
    for (const member of members) for (const [from, until] of trace.segments.get(member) ?? []) piece(from, until);
    const waited = written();
    // What lies wholly under the darker part is not drawn: in a long trace that is most of it.
    if (ran !== waited) add(`${look}ran`, ran);
    // What a call took beyond its answer is nobody's work.
    add(trace.answer[row] >= 0 ? "way" : `${look}path`, waited);
    if (members.length === 1) {
      for (const { at: time } of (trace.events.get(row) ?? []).slice(0, EVENTS)) if (within(time, time)) add("event", `M${x(time)} ${top - 2}v${HIGH + 4}`);
    }
    // Where a bar lies that is not within what is shown.
    if (!ran) add("outside", trace.start[row] < range.from ? `M6 ${top}l-6 5l6 5z` : `M${width - 6} ${top}l6 5l-6 5z`);
  }
  // What just ran lies below what was waited for, whichever of the two came first.
  const below = (/** @type {[string, string]} */ [look]) => (look.endsWith("ran") ? 0 : 1);
  const layers = [...paths].sort((one, other) => below(one) - below(other));
  return html`<svg class="bars" viewBox=${`0 0 ${width} ${(last - first) * ROW}`} preserveAspectRatio="none" aria-hidden="true">${layers.map(([look, path]) => html`<path key=${look} class=${look} d=${path} />`)}</svg>`;
}

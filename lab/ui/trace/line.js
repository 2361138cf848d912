// One line of the waterfall: a span, or several that do the same. It is drawn anew only when something about it has changed, since
// while one scrolls all lines but a few stay as they are.

import { colourOf } from "../base/colours.js";
import { count, duration, printable } from "../base/format.js";
import { Component, html } from "../vendor/preact-htm.js";
import { membersAt, stateOf } from "./lines.js";
import { IRREGULARITIES } from "./model.js";

/** How high a line is, in pixels. */
export const ROW = 22;
/** How deep a line is indented at most; what is deeper says its depth in digits. */
const DEEPEST = 24;

/**
 * @typedef {object} Shown
 * @property {import("./model.js").Trace} trace
 * @property {import("./lines.js").Lines} lines
 * @property {import("./lines.js").Choice} choice
 * @property {number} at
 * @property {boolean} current whether the keys are at it
 * @property {boolean} chosen
 */

export class Line extends Component {
  /** @param {Shown} next */
  shouldComponentUpdate(next) {
    const now = /** @type {Shown} */ (this.props);
    return next.at !== now.at || next.lines !== now.lines || next.current !== now.current || next.chosen !== now.chosen;
  }

  /** @param {Shown} properties */
  render({ trace, lines, choice, at, current, chosen }) {
    const row = lines.row[at];
    const depth = lines.depth[at];
    const members = membersAt(trace, lines, at, choice);
    const state = stateOf(trace, lines, at, choice);
    const service = trace.serviceOf(row);
    const above = trace.parent[row];
    let total = 0;
    let errors = 0;
    for (const member of members) {
      total += trace.duration[member];
      errors += trace.isError(member) ? 1 : 0;
    }
    const name = printable(trace.nameOf(row));
    return html`<div id=${`line-${trace.id}-${at}`} data-at=${at} class=${`line ${colourOf(service)}${current ? " current" : ""}${chosen ? " chosen" : ""}`}
      role="treeitem" aria-level=${depth + 1} aria-selected=${chosen ? "true" : "false"}
      aria-expanded=${state === "leaf" ? undefined : String(state === "open")}>
      <span class="label" title=${name} style=${`padding-left:${Math.min(depth, DEEPEST) * 12}px`}>
        <span class="toggle" aria-hidden="true">${GLYPHS[state]}</span>${depth > DEEPEST && html`<span class="deep">${depth}</span> `}${(above < 0 || trace.service[above] !== trace.service[row]) && html`<span class="service">${printable(service)}</span> `}${errors > 0 && html`<span class="error" title="error">✗${errors > 1 ? ` ${errors}` : ""}</span> `}${members.length > 1 && html`<span class="times">${count(members.length)} ×</span> `}${marks(trace, members)}${name}
      </span>
      <span class="took">${duration(total)}</span>
    </div>`;
  }
}

const GLYPHS = { leaf: "", open: "▾", closed: "▸", folded: "▸" };

/**
 * @param {import("./model.js").Trace} trace
 * @param {number[]} members
 */
function marks(trace, members) {
  if (trace.irregular.size === 0 && trace.links.size === 0) return null;
  const odd = new Set(members.flatMap((row) => trace.irregular.get(row) ?? []).map((it) => it.what));
  const list = [...odd].map((what) => html`<span class="mark odd" title=${IRREGULARITIES[what] ?? what}>⚠<span class="what"> ${what.replaceAll("-", " ")}</span></span>`);
  const links = members.reduce((sum, row) => sum + (trace.links.get(row)?.length ?? 0), 0);
  if (links > 0) list.push(html`<span class="mark" title="links to other spans">⇄${links > 1 ? links : ""}</span>`);
  return list.length > 0 ? html`<span class="marks">${list}</span> ` : null;
}

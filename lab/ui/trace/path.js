// The critical path as a list: at every moment, what the root was waiting for, and the gaps between calls by name.

import { colourOf } from "../base/colours.js";
import { count, duration, percent, printable } from "../base/format.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";

/** The most lines of the list. */
const MOST = 500;

/**
 * @typedef {object} Stretch
 * @property {number} row
 * @property {number} times how many spans alike it stands for
 * @property {number} from
 * @property {number} took
 * @property {number} between what the parent took between them, if there are several
 * @property {string} gap what the time is between, if it is a parent's own
 */

/**
 * The path in stretches; a child that comes again and again is one, with its parent's own time between.
 * @param {import("./model.js").Trace} trace
 * @returns {Stretch[]}
 */
export function stretches(trace) {
  const path = trace.drawing.path.map(([row, from, until]) => ({ row, from: Number(from), took: Number(until) - Number(from) }));
  const alike = (/** @type {number} */ one, /** @type {number} */ other) =>
    one !== other && trace.name[one] === trace.name[other] && trace.service[one] === trace.service[other] && trace.parent[one] === trace.parent[other];
  /** @type {Stretch[]} */
  const list = [];
  for (let at = 0; at < path.length; ) {
    const first = path[at];
    const stretch = { row: first.row, times: 1, from: first.from, took: first.took, between: 0, gap: "" };
    let next = at + 1;
    while (path[next]) {
      const between = path[next].row === trace.parent[first.row] ? path[next] : null;
      const again = between ? path[next + 1] : path[next];
      if (!again || !alike(first.row, again.row)) break;
      stretch.times += 1;
      stretch.took += again.took;
      stretch.between += between?.took ?? 0;
      next += between ? 2 : 1;
    }
    stretch.gap = gap(trace, path[at - 1]?.row, first.row, path[next]?.row);
    list.push(stretch);
    at = next;
  }
  return list;
}

/**
 * Between which of its calls a span was by itself.
 * @param {import("./model.js").Trace} trace
 * @param {number | undefined} before
 * @param {number} row
 * @param {number | undefined} after
 */
function gap(trace, before, row, after) {
  if (trace.end[row] === row + 1) return "";
  const below = (/** @type {number | undefined} */ other) =>
    other !== undefined && other > row && other < trace.end[row] ? printable(trace.nameOf(childTowards(trace, row, other))) : "";
  const [from, until] = [below(before), below(after)];
  const answer = trace.answer[row] < 0 ? "" : printable(trace.serviceOf(trace.answer[row]));
  if (answer && from && !until) return `on the way back from ${answer}: the network, or the answer's end`;
  if (answer && until && !from) return `on the way to ${answer}: the network, or the wait to be accepted`;
  if (from && until) return `its own, between ${from} and ${until}`;
  if (until) return `its own, before ${until}`;
  if (from) return `its own, after ${from}`;
  return "its own";
}

/**
 * The child of `row` that `below` is under.
 * @param {import("./model.js").Trace} trace
 * @param {number} row
 * @param {number} below
 */
function childTowards(trace, row, below) {
  let at = below;
  while (trace.parent[at] !== row) at = trace.parent[at];
  return at;
}

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {(row: number) => void} properties.onSelect
 */
export function PathList({ trace, onSelect }) {
  const inTime = useMemo(() => stretches(trace), [trace]);
  const [byTime, setByTime] = useState(true);
  const list = useMemo(() => (byTime ? inTime : [...inTime].sort((one, other) => other.took + other.between - one.took - one.between)), [inTime, byTime]);
  const longest = list.reduce((most, it) => Math.max(most, it.took + it.between), 1);
  const whole = trace.duration[trace.drawing.root];
  return html`<div class="scroll" tabindex="0"><table class="spans path-list">
    <caption class="quiet">what the root was waiting for, from its start to its end; together ${duration(whole)}</caption>
    <thead><tr><th scope="col" class="number" aria-sort=${byTime ? "ascending" : "none"}><button type="button" onClick=${() => setByTime(true)}>after${byTime ? " ↑" : ""}</button></th><th scope="col">waiting for</th><th scope="col" class="number" aria-sort=${byTime ? "none" : "descending"}><button type="button" onClick=${() => setByTime(false)}>took${byTime ? "" : " ↓"}</button></th><th scope="col" class="number">share</th><th scope="col"><span class="hidden">bar</span></th></tr></thead>
    <tbody>${list.slice(0, MOST).map((it) => html`<tr class=${`${colourOf(trace.serviceOf(it.row))} ${trace.isWait(it.row) ? "wait" : ""}`}>
      <td class="number quiet">${duration(it.from)}</td>
      <th scope="row"><button type="button" class="link" onClick=${() => onSelect(it.row)}><span class="service">${printable(trace.serviceOf(it.row))}</span> ${printable(trace.nameOf(it.row))}</button>
        ${it.times > 1 && html` <span class="times">×${count(it.times)}</span>`}
        ${it.gap && html` <span class="quiet">${it.gap}</span>`}
        ${trace.isWait(it.row) && html` <span class="quiet">waiting</span>`}
        ${it.between > 0 && html` <span class="quiet">and ${duration(it.between)} between them</span>`}</th>
      <td class="number">${duration(it.took + it.between)}</td>
      <td class="number">${percent((it.took + it.between) / Math.max(whole, 1))}</td>
      <td class="meter"><i style=${{ width: `${((it.took + it.between) / longest) * 100}%` }}></i></td>
    </tr>`)}</tbody>
  </table>
  ${list.length > MOST && html`<p class="note">${count(list.length - MOST)} more are not shown</p>`}</div>`;
}

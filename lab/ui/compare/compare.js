// Two traces, or two groups of traces, side by side: what appeared, vanished, repeats more, takes longer, and how much of the
// difference that is. Worked out in Rust (trace::compare).

import { colourOf } from "../base/colours.js";
import { count, duration, percent, printable } from "../base/format.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";

/**
 * @typedef {{ count: number, total_ns: number, own_ns: number, path_ns: number }} Figures
 * @typedef {object} ComparedLine
 * @property {number} depth
 * @property {string} service
 * @property {string} name
 * @property {number} kind
 * @property {Figures} before
 * @property {Figures} after
 * @property {string} change
 * @property {number | null} share
 * @typedef {{ traces: [number, number], duration_ns: [number, number], lines: ComparedLine[] }} Comparison
 */

/** @type {Record<string, string>} */
const CHANGES = {
  appeared: "appeared",
  vanished: "vanished",
  "repeats-more": "repeats more",
  "repeats-less": "repeats less",
  "takes-longer": "takes longer",
  "takes-less": "takes less",
  same: "",
};
/** A line with less than this part of the difference is not worth a look by itself. */
const TELLING = 0.03;
/** Kinds of spans, as OTLP counts them. */
const SERVER = 2;
const CLIENT = 3;
/** The most lines that are drawn. */
const MOST = 400;

/**
 * @param {object} properties
 * @param {Comparison} properties.comparison
 * @param {string} properties.before what the first is called
 * @param {string} properties.after
 */
export function Compare({ comparison, before, after }) {
  const [all, setAll] = useState(false);
  const lines = useMemo(() => (all ? comparison.lines : telling(comparison.lines)), [comparison, all]);
  const longest = comparison.lines.reduce((most, it) => Math.max(most, it.before.own_ns, it.after.own_ns), 1);
  const traces = (/** @type {number} */ number) => (number === 1 ? "one trace" : `mean of ${number} traces`);
  return html`<div class="compare">
    <${Verdict} comparison=${comparison} before=${before} after=${after} />
    <div class="scroll" tabindex="0"><table class="compare-table">
      <thead><tr>
        <th scope="col">span <label class="all"><input type="checkbox" checked=${all} onChange=${() => setAll(!all)} /> all ${comparison.lines.length}</label></th>
        <th scope="col">change</th>
        <th scope="col" class="number">spans</th>
        <th scope="col" class="number" title="its own time, when none of its children ran">self time</th>
        <th scope="col" class="pair-head"><span class="before-key">${before}</span> <span class="quiet">${traces(comparison.traces[0])}</span><br /><span class="after-key">${after}</span> <span class="quiet">${traces(comparison.traces[1])}</span></th>
        <th scope="col" class="number" title="its part of the difference between the durations, on the critical path">share of the difference</th>
      </tr></thead>
      <tbody>${lines.slice(0, MOST).map((line) => html`<${Row} line=${line} longest=${longest} />`)}</tbody>
    </table></div>
    ${lines.length > MOST && html`<p class="note">${count(lines.length - MOST)} more lines are not shown</p>`}
  </div>`;
}

/**
 * How often something is there in a trace; what is there in one of a hundred is not there never.
 * @param {number} often
 */
const mean = (often) => (often > 0 && often < 0.05 ? "< 0.1" : count(often));

/** @param {{ line: ComparedLine, longest: number }} properties */
function Row({ line, longest }) {
  const { before, after, change, share } = line;
  const times = before.count === after.count ? mean(after.count) : html`${mean(before.count)} <span class="quiet">→</span> ${mean(after.count)}`;
  const telling = share !== null && Math.abs(share) >= TELLING;
  return html`<tr class=${`change-${change} ${telling ? "telling" : ""}`}>
    <th scope="row" style=${{ paddingLeft: `${Math.min(line.depth, 24) * 12 + 8}px` }} class=${colourOf(line.service)}><span class="service">${printable(line.service)}</span> ${printable(line.name)}</th>
    <td>${CHANGES[change] && html`<span class="badge">${CHANGES[change]}</span>`}</td>
    <td class="number">${times}</td>
    <td class="number">${duration(before.own_ns)} <span class="quiet">→</span> ${duration(after.own_ns)}</td>
    <td class="pair"><i class="before" style=${{ width: `${(before.own_ns / longest) * 100}%` }}></i><i class="after" style=${{ width: `${(after.own_ns / longest) * 100}%` }}></i></td>
    <td class="number share">${share === null || Math.abs(share) < 0.0005 ? html`<span class="quiet">–</span>` : html`<i class="share-bar" style=${{ width: `${Math.min(Math.max(share, 0), 1) * 100}%` }}></i><span>${percent(share)}</span>`}</td>
  </tr>`;
}

/**
 * In a sentence: how much longer, and what most of it is.
 * @param {{ comparison: Comparison, before: string, after: string }} properties
 */
export function Verdict({ comparison, before, after }) {
  const [one, other] = comparison.duration_ns;
  const most = [...comparison.lines]
    .filter((line) => line.share !== null && line.share >= 0.1)
    .sort((line, next) => (next.share ?? 0) - (line.share ?? 0))
    .slice(0, 2);
  const difference = other - one;
  return html`<p class="verdict"><b>${after}</b> takes ${duration(other)}, <b>${before}</b> ${duration(one)}:
    <b> ${duration(Math.abs(difference))} ${difference >= 0 ? "longer" : "less"}</b>${one > 0 && other > 0 && ` (${other >= one ? `×${(other / one).toFixed(1)}` : `÷${(one / other).toFixed(1)}`})`}.
    ${most.map((line) => html` <span class="culprit"><b>${percent(line.share ?? 0)}</b> of that is <span class=${colourOf(line.service)}><span class="service">${printable(line.service)}</span></span> <b>${printable(line.name)}</b>${way(comparison.lines, line)}${why(line)}.</span>`)}
    ${comparison.lines.every((line) => line.depth > 0 || line.before.count === 0 || line.after.count === 0) && html` <span class="odd">They do not begin alike: these are different operations.</span>`}</p>`;
}

/**
 * Of a call whose other side has a line of its own: what is left for it is the way there and back.
 * @param {ComparedLine[]} lines
 * @param {ComparedLine} line
 */
function way(lines, line) {
  const below = lines[lines.indexOf(line) + 1];
  const answers = line.kind === CLIENT && below?.depth === line.depth + 1 && below.kind === SERVER && below.service !== line.service;
  return answers ? `, on the way to ${printable(below.service)} and back` : "";
}

/** @param {ComparedLine} line */
function why({ change, before, after }) {
  if (change === "repeats-more" || change === "repeats-less") return `, ${mean(after.count)} ${after.count === 1 ? "time" : "times"} where there was ${mean(before.count)}`;
  if (change === "appeared") return ", which was not there before";
  if (change === "takes-longer" && before.own_ns > 0) return `, which takes ${(after.own_ns / before.own_ns).toFixed(1)} times as long`;
  return "";
}

/**
 * The lines that changed, with those above them.
 * @param {ComparedLine[]} lines
 */
function telling(lines) {
  /** @type {Set<number>} */
  const wanted = new Set();
  /** @type {number[]} */
  const above = [];
  lines.forEach((line, at) => {
    above.length = line.depth;
    above[line.depth] = at;
    if (line.change !== "same" || Math.abs(line.share ?? 0) >= TELLING) for (const place of above) wanted.add(place);
  });
  return lines.filter((_, at) => wanted.has(at));
}

// The waterfall: one line a span or several alike, of which only those on the screen are drawn, so that a hundred thousand are as
// quick as a hundred.

import { colourOf } from "../base/colours.js";
import { useMedia, useSize } from "../base/dom.js";
import { count, duration, printable, step } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { keyOf, visible } from "./lines.js";
import { IRREGULARITIES } from "./model.js";

const ROW = 22;
/** How many lines are printed: paper does not scroll. */
const PRINTED = 150;
/** How deep a line is indented at most; what is deeper says its depth in digits. */
const DEEPEST = 24;
/** The most pieces that a line's bar is drawn of; beyond it, neighbours are drawn as one. */
const PIECES = 160;

/**
 * @typedef {import("./model.js").Trace} Trace
 * @typedef {import("./lines.js").Lines} Lines
 * @typedef {import("./lines.js").Choice} Choice
 * @typedef {{ from: number, until: number }} Range
 */

/**
 * @param {object} properties
 * @param {Trace} properties.trace
 * @param {Choice} properties.choice
 * @param {(choice: Choice) => void} properties.onChoice
 * @param {number} properties.selected a row
 * @param {(row: number) => void} properties.onSelect
 * @param {() => void} properties.onLeave what Escape does
 * @param {number} [properties.scale] how many nanoseconds are shown at first, to compare traces by eye
 */
export function Waterfall({ trace, choice, onChoice, selected, onSelect, onLeave, scale }) {
  const lines = useMemo(() => visible(trace, choice), [trace, choice]);
  const whole = { from: 0, until: Math.max(scale ?? 0, trace.extent) };
  const [range, setRange] = useState(whole);
  const [cursor, setCursor] = useState(0);
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const { height } = useSize(scroller);
  const [top, setTop] = useState(0);
  const printing = useMedia("print");
  useEffect(() => setRange(whole), [trace, scale]);
  // What is chosen elsewhere, in a list say, is brought into view.
  useEffect(() => {
    const at = placeOf(trace, lines, selected);
    if (at >= 0 && !(lines.row[cursor] === selected)) moveTo(at);
  }, [selected, lines]);

  const last = lines.length - 1;
  const moveTo = (/** @type {number} */ at) => {
    const place = Math.min(Math.max(at, 0), Math.max(last, 0));
    setCursor(place);
    const element = scroller.current;
    if (!element) return;
    const y = place * ROW;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + ROW - element.clientHeight;
    }
  };
  const keys = useKeys({ trace, lines, choice, onChoice, cursor, moveTo, onSelect, onLeave, setRange, whole });

  const first = printing ? 0 : Math.max(0, Math.floor(top / ROW) - 6);
  const shown = printing ? PRINTED : Math.ceil(Math.max(height, 300) / ROW) + 12;
  const rows = [];
  for (let at = first; at < Math.min(first + shown, lines.length); at += 1) {
    rows.push(html`<${Line} key=${keyOf(trace, lines, at)} ...${{ trace, lines, at, range, choice, onChoice }}
      current=${at === cursor} chosen=${lines.row[at] === selected}
      onPick=${() => { setCursor(at); onSelect(lines.row[at]); }} />`);
  }
  return html`<div class="waterfall">
    <${Axis} range=${range} whole=${whole} onRange=${setRange} />
    <div class="lines" ref=${scroller} style=${{ height: printing ? "auto" : `min(${Math.max(lines.length, 4) * ROW + 6}px, 32rem, 70vh)` }} role="tree" tabindex="0" aria-label="spans of the trace"
      aria-activedescendant=${lines.length > 0 ? `line-${trace.id}-${cursor}` : undefined}
      onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop)}
      onKeyDown=${keys}>
      <div class="room" role="presentation" style=${{ height: `${(printing ? rows.length : lines.length) * ROW}px` }}>${rows}</div>
    </div>
    ${printing && lines.length > rows.length && html`<p class="note">${count(lines.length - rows.length)} more lines are not printed</p>`}
  </div>`;
}

/**
 * The visible line of a row, or −1.
 * @param {Trace} trace
 * @param {Lines} lines
 * @param {number} row
 */
function placeOf(trace, lines, row) {
  const at = lines.row.indexOf(row);
  if (at >= 0 || row < 0) return at;
  for (let place = 0; place < lines.length; place += 1) {
    if (lines.line[place] >= 0 && trace.members.get(lines.line[place])?.includes(row)) return place;
  }
  return -1;
}

/**
 * @param {object} view
 * @param {Trace} view.trace
 * @param {Lines} view.lines
 * @param {Choice} view.choice
 * @param {(choice: Choice) => void} view.onChoice
 * @param {number} view.cursor
 * @param {(at: number) => void} view.moveTo
 * @param {(row: number) => void} view.onSelect
 * @param {() => void} view.onLeave
 * @param {(range: Range) => void} view.setRange
 * @param {Range} view.whole
 * @returns {(event: KeyboardEvent) => void}
 */
function useKeys({ trace, lines, choice, onChoice, cursor, moveTo, onSelect, onLeave, setRange, whole }) {
  const row = lines.row[cursor] ?? 0;
  const state = lines.length > 0 ? stateOf(trace, lines, cursor, choice) : "leaf";
  const page = 20;
  const above = () => {
    let at = cursor;
    while (at > 0 && lines.depth[at] >= lines.depth[cursor]) at -= 1;
    return at;
  };
  const nextError = () => {
    for (let step = 1; step <= lines.length; step += 1) {
      const at = (cursor + step) % lines.length;
      if (membersAt(trace, lines, at, choice).some((member) => trace.isError(member))) return at;
    }
    return cursor;
  };
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowDown: () => moveTo(cursor + 1),
    ArrowUp: () => moveTo(cursor - 1),
    PageDown: () => moveTo(cursor + page),
    PageUp: () => moveTo(cursor - page),
    Home: () => moveTo(0),
    End: () => moveTo(lines.length - 1),
    ArrowRight: () => (state === "closed" || state === "folded" ? onChoice(toggled(trace, lines, cursor, choice)) : moveTo(cursor + 1)),
    ArrowLeft: () => (state === "open" ? onChoice(toggled(trace, lines, cursor, choice)) : moveTo(above())),
    Enter: () => onSelect(row),
    " ": () => onSelect(row),
    e: () => moveTo(nextError()),
    z: () => setRange(around(trace, membersAt(trace, lines, cursor, choice))),
    0: () => setRange(whole),
    Escape: onLeave,
  };
  return (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
}

/**
 * The rows that a visible line stands for.
 * @param {Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 */
function membersAt(trace, lines, at, choice) {
  const line = lines.line[at];
  if (line < 0 || choice.filter) return [lines.row[at]];
  return trace.rowsOf(line);
}

/**
 * Whether a line can be opened or closed.
 * @param {Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 * @returns {"leaf" | "open" | "closed" | "folded"}
 */
function stateOf(trace, lines, at, choice) {
  const line = lines.line[at];
  const key = keyOf(trace, lines, at);
  if (choice.filter) return "leaf";
  if (key < 0) return choice.open.has(line) ? "open" : "folded";
  const below = line >= 0 ? trace.lineEnd[line] - line - 1 : trace.end[lines.row[at]] - lines.row[at] - 1;
  if (below === 0) return "leaf";
  return choice.closed.has(key) ? "closed" : "open";
}

/**
 * @param {Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 * @returns {Choice}
 */
function toggled(trace, lines, at, choice) {
  const key = keyOf(trace, lines, at);
  const open = new Set(choice.open);
  const closed = new Set(choice.closed);
  const set = key < 0 ? open : closed;
  const item = key < 0 ? lines.line[at] : key;
  if (!set.delete(item)) set.add(item);
  return { ...choice, open, closed };
}

/**
 * @param {Trace} trace
 * @param {number[]} rows
 * @returns {Range}
 */
function around(trace, rows) {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    from = Math.min(from, trace.start[row]);
    until = Math.max(until, trace.start[row] + trace.duration[row]);
  }
  const margin = Math.max((until - from) * 0.05, 1);
  return { from: from - margin, until: until + margin };
}

/** @param {any} properties */
function Line({ trace, lines, at, range, choice, onChoice, current, chosen, onPick }) {
  const row = lines.row[at];
  const depth = lines.depth[at];
  const members = membersAt(trace, lines, at, choice);
  const state = stateOf(trace, lines, at, choice);
  const several = members.length > 1;
  const service = trace.serviceOf(row);
  const above = trace.parent[row];
  const newService = above < 0 || trace.service[above] !== trace.service[row];
  let total = 0;
  let errors = 0;
  for (const member of members) {
    total += trace.duration[member];
    errors += trace.isError(member) ? 1 : 0;
  }
  const toggle = (/** @type {Event} */ event) => {
    event.stopPropagation();
    onChoice(toggled(trace, lines, at, choice));
  };
  const glyph = { leaf: "", open: "▾", closed: "▸", folded: "▸" }[state];
  const name = printable(trace.nameOf(row));
  const indent = Math.min(depth, DEEPEST);
  return html`<div id=${`line-${trace.id}-${at}`} class=${`line ${colourOf(service)} ${current ? "current" : ""} ${chosen ? "chosen" : ""}`}
    role="treeitem" aria-level=${depth + 1} aria-selected=${chosen ? "true" : "false"}
    aria-expanded=${state === "leaf" ? undefined : String(state === "open")}
    style=${{ top: `${at * ROW}px` }} onClick=${onPick} onDblClick=${state === "leaf" ? undefined : toggle}>
    <span class="label" style=${{ paddingLeft: `${indent * 12}px` }}>
      <span class="toggle" aria-hidden="true" onClick=${state === "leaf" ? undefined : toggle}>${glyph}</span>
      ${depth > DEEPEST && html`<span class="deep">${depth}</span>`}
      ${newService && html`<span class="service">${printable(service)}</span>`}
      <span class="name" title=${name}>${name}</span>
      ${several && html`<span class="times">×${count(members.length)}</span>`}
      ${errors > 0 && html`<span class="error" title="error">✗${errors > 1 ? ` ${errors}` : ""}</span>`}
      <${Marks} trace=${trace} members=${members} />
    </span>
    <span class="took">${duration(total)}</span>
    <${Bar} trace=${trace} members=${members} range=${range} wait=${trace.isWait(row)} />
  </div>`;
}

/** @param {{ trace: Trace, members: number[] }} properties */
function Marks({ trace, members }) {
  const marks = [];
  const odd = new Set(members.flatMap((row) => trace.irregular.get(row) ?? []).map((it) => it.what));
  for (const what of odd) {
    marks.push(html`<span class="mark odd" title=${IRREGULARITIES[what] ?? what}>⚠ ${what.replaceAll("-", " ")}</span>`);
  }
  const links = members.reduce((sum, row) => sum + (trace.links.get(row)?.length ?? 0), 0);
  if (links > 0) marks.push(html`<span class="mark" title="links to other spans">⇄${links > 1 ? links : ""}</span>`);
  return marks.length > 0 ? html`<span class="marks">${marks}</span>` : null;
}

/**
 * The bar of a line: when its spans ran, and, darker, while the root waited for them.
 * @param {{ trace: Trace, members: number[], range: Range, wait: boolean }} properties
 */
function Bar({ trace, members, range, wait }) {
  const ran = pieces(members.map((row) => [trace.start[row], trace.start[row] + trace.duration[row]]), range);
  const waited = pieces(members.flatMap((row) => trace.segments.get(row) ?? []), range);
  const events = members.length === 1 ? (trace.events.get(members[0]) ?? []) : [];
  const width = range.until - range.from;
  const outside = ran.length === 0 && members.length > 0;
  return html`<span class=${wait ? "bar wait" : "bar"}>
    <${Pieces} list=${ran} kind="ran" /><${Pieces} list=${waited} kind="path" />
    ${events.slice(0, 20).map(({ at, name }) => html`<i class="event" title=${printable(name)}
      style=${{ left: `${Math.min(Math.max(((at - range.from) / width) * 100, 0), 100)}%` }}></i>`)}
    ${outside && html`<i class=${trace.start[members[0]] < range.from ? "outside" : "outside right"}>${trace.start[members[0]] < range.from ? "◂" : "▸"}</i>`}
  </span>`;
}

/**
 * A few pieces as elements of their own, many as one path: thousands of elements would make scrolling slow.
 * @param {{ list: [number, number][], kind: string }} properties
 */
function Pieces({ list, kind }) {
  if (list.length > 6) {
    const path = list.map(([left, wide]) => `M${left.toFixed(2)} 0h${Math.max(wide, 0.1).toFixed(2)}v1h-${Math.max(wide, 0.1).toFixed(2)}z`).join("");
    return html`<svg class=${`many ${kind}`} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><path d=${path} /></svg>`;
  }
  return html`<span class="few">${list.map(([left, wide]) => html`<i class=${kind} style=${{ left: `${left}%`, width: `${wide}%` }}></i>`)}</span>`;
}

/**
 * Stretches of time as left and width in percent; those that touch are one, and there are never more than {@link PIECES}.
 * @param {number[][]} stretches
 * @param {Range} range
 * @returns {[number, number][]}
 */
function pieces(stretches, { from, until }) {
  const width = until - from;
  const gap = stretches.length > PIECES ? width / PIECES : width / 2000;
  /** @type {[number, number][]} */
  const joined = [];
  const sorted = stretches.length > 1 ? [...stretches].sort((one, other) => one[0] - other[0]) : stretches;
  for (const [start, end] of sorted) {
    if (end < from || start > until) continue;
    const [left, right] = [Math.max(start, from), Math.min(end, until)];
    const last = joined[joined.length - 1];
    if (last && left - last[1] <= gap) last[1] = Math.max(last[1], right);
    else joined.push([left, right]);
  }
  return joined.map(([left, right]) => [((left - from) / width) * 100, ((right - left) / width) * 100]);
}

/**
 * The time axis. Dragging over it zooms in.
 * @param {{ range: Range, whole: Range, onRange: (range: Range) => void }} properties
 */
function Axis({ range, whole, onRange }) {
  const [drag, setDrag] = useState(/** @type {[number, number] | null} */ (null));
  const width = range.until - range.from;
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const size = step(width, Math.max(2, useSize(field).width / 110));
  const ticks = [];
  for (let at = Math.ceil(range.from / size) * size; at <= range.until - width * 0.06; at += size) ticks.push(at);
  const share = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const zoomed = range.from !== whole.from || range.until !== whole.until;
  return html`<div class="axis">
    <span class="label">${zoomed
      ? html`<button type="button" onClick=${() => onRange(whole)}>show all ${duration(whole.until - whole.from)}</button>`
      : html`<span class="hint">drag on the time axis to zoom</span>`}</span>
    <span class="took">total</span>
    <div class="ticks" ref=${field}
      onPointerDown=${(/** @type {PointerEvent} */ event) => {
        /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
        setDrag([share(event), share(event)]);
      }}
      onPointerMove=${(/** @type {PointerEvent} */ event) => drag && setDrag([drag[0], share(event)])}
      onPointerUp=${() => {
        if (drag && Math.abs(drag[0] - drag[1]) > 0.01) {
          const [from, until] = [Math.min(...drag), Math.max(...drag)];
          onRange({ from: range.from + from * width, until: range.from + until * width });
        }
        setDrag(null);
      }}
      onDblClick=${() => onRange(whole)}>
      ${ticks.map((at) => html`<span class="tick" style=${{ left: `${((at - range.from) / width) * 100}%` }}>${at === 0 ? "0" : duration(at)}</span>`)}
      ${drag && html`<i class="drag" style=${{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[0] - drag[1]) * 100}%` }}></i>`}
    </div>
  </div>`;
}

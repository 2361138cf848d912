// Which lines of a trace are on the screen: what is folded, closed, or filtered away. A line is a span, or several that do the same.

/**
 * @typedef {object} Choice what somebody has opened, closed and looked for
 * @property {ReadonlySet<number>} open folded lines that are shown span by span
 * @property {ReadonlySet<number>} closed keys of what is closed, see {@link keyOf}
 * @property {string} filter
 */

/**
 * @typedef {object} Lines one entry a visible line
 * @property {Int32Array} row the span, or the first of several
 * @property {Int32Array} line the line of the folded tree; −1 for a span that is shown by itself
 * @property {Int32Array} depth
 * @property {number} length
 * @property {number} hits how many spans match the filter
 */

/** @type {Choice} */
export const NOTHING_CHOSEN = { open: new Set(), closed: new Set(), filter: "" };

/**
 * What a visible line is remembered by: the row of a span, or a folded line below zero.
 * @param {import("./model.js").Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @returns {number}
 */
function keyOf(trace, lines, at) {
  const line = lines.line[at];
  return line >= 0 && trace.members.has(line) ? -1 - line : lines.row[at];
}

/**
 * @param {import("./model.js").Trace} trace
 * @param {Choice} choice
 * @returns {Lines}
 */
export function visible(trace, choice) {
  const filter = choice.filter.trim().toLowerCase();
  return filter ? filtered(trace, filter) : folded(trace, choice);
}

/**
 * @param {import("./model.js").Trace} trace
 * @param {Choice} choice
 * @returns {Lines}
 */
function folded(trace, { open, closed }) {
  const out = new Columns(trace.length + trace.lines);
  for (let line = 0; line < trace.lines; ) {
    const first = trace.lineFirst[line];
    const members = trace.members.get(line);
    const depth = trace.lineDepth[line];
    out.push(first, line, depth);
    if (closed.has(members ? -1 - line : first)) {
      line = trace.lineEnd[line];
    } else if (members && open.has(line)) {
      for (const member of members) spans(trace, member, depth + 1, closed, out);
      line = trace.lineEnd[line];
    } else {
      line += 1;
    }
  }
  return out.lines(0);
}

/**
 * A span and all below it, one by one.
 * @param {import("./model.js").Trace} trace
 * @param {number} top
 * @param {number} depth
 * @param {ReadonlySet<number>} closed
 * @param {Columns} out
 */
function spans(trace, top, depth, closed, out) {
  for (let row = top; row < trace.end[top]; ) {
    out.push(row, -1, depth + trace.depth[row] - trace.depth[top]);
    row = closed.has(row) ? trace.end[row] : row + 1;
  }
}

/**
 * The spans that match, with those above them.
 * @param {import("./model.js").Trace} trace
 * @param {string} filter
 * @returns {Lines}
 */
function filtered(trace, filter) {
  const matches = (/** @type {string} */ text) => text.toLowerCase().includes(filter);
  const names = trace.drawing.names.map(matches);
  const services = trace.drawing.services.map(matches);
  const wanted = new Uint8Array(trace.length);
  let hits = 0;
  for (let row = 0; row < trace.length; row += 1) {
    const hit =
      names[trace.name[row]] || services[trace.service[row]] || trace.drawing.rows.id[row]?.startsWith(filter);
    if (!hit) continue;
    hits += 1;
    for (let above = row; above >= 0 && !wanted[above]; above = trace.parent[above]) wanted[above] = 1;
  }
  const out = new Columns(trace.length);
  for (let row = 0; row < trace.length; row += 1) {
    if (wanted[row]) out.push(row, -1, trace.depth[row]);
  }
  return out.lines(hits);
}

/**
 * The visible line of a row, or −1.
 * @param {import("./model.js").Trace} trace
 * @param {Lines} lines
 * @param {number} row
 */
export function placeOf(trace, lines, row) {
  const at = lines.row.indexOf(row);
  if (at >= 0 || row < 0) return at;
  for (let place = 0; place < lines.length; place += 1) {
    if (lines.line[place] >= 0 && trace.members.get(lines.line[place])?.includes(row)) return place;
  }
  return -1;
}

/**
 * The rows that a visible line stands for.
 * @param {import("./model.js").Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 */
export function membersAt(trace, lines, at, choice) {
  const line = lines.line[at];
  if (line < 0 || choice.filter) return [lines.row[at]];
  return trace.rowsOf(line);
}

/**
 * Whether a line can be opened or closed.
 * @param {import("./model.js").Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 * @returns {"leaf" | "open" | "closed" | "folded"}
 */
export function stateOf(trace, lines, at, choice) {
  const line = lines.line[at];
  const key = keyOf(trace, lines, at);
  if (choice.filter) return "leaf";
  if (key < 0) return choice.open.has(line) ? "open" : "folded";
  const below = line >= 0 ? trace.lineEnd[line] - line - 1 : trace.end[lines.row[at]] - lines.row[at] - 1;
  if (below === 0) return "leaf";
  return choice.closed.has(key) ? "closed" : "open";
}

/**
 * @param {import("./model.js").Trace} trace
 * @param {Lines} lines
 * @param {number} at
 * @param {Choice} choice
 * @returns {Choice}
 */
export function toggled(trace, lines, at, choice) {
  const key = keyOf(trace, lines, at);
  const open = new Set(choice.open);
  const closed = new Set(choice.closed);
  const set = key < 0 ? open : closed;
  const item = key < 0 ? lines.line[at] : key;
  if (!set.delete(item)) set.add(item);
  return { ...choice, open, closed };
}

class Columns {
  /** @param {number} capacity */
  constructor(capacity) {
    this.row = new Int32Array(capacity);
    this.line = new Int32Array(capacity);
    this.depth = new Int32Array(capacity);
    this.length = 0;
  }

  /**
   * @param {number} row
   * @param {number} line
   * @param {number} depth
   */
  push(row, line, depth) {
    this.row[this.length] = row;
    this.line[this.length] = line;
    this.depth[this.length] = depth;
    this.length += 1;
  }

  /**
   * @param {number} hits
   * @returns {Lines}
   */
  lines(hits) {
    return {
      row: this.row.subarray(0, this.length),
      line: this.line.subarray(0, this.length),
      depth: this.depth.subarray(0, this.length),
      length: this.length,
      hits,
    };
  }
}

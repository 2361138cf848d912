// One trace as Rust has drawn it up (trace::drawing), in arrays that are quick to walk. Rows are spans in the order of the tree; lines
// are those of the folded tree. Nothing is worked out here that has been worked out there.

/**
 * @typedef {number | string} Ns
 * @typedef {object} Drawing
 * @property {string} trace_id
 * @property {string} origin_unix_ns
 * @property {number} root
 * @property {Ns} extent
 * @property {string[]} services
 * @property {string[]} names
 * @property {number[]} waits
 * @property {{ id: string[], parent: number[], service: number[], name: number[], kind: number[], status: number[],
 *   start: Ns[], duration: Ns[], own: Ns[], path: Ns[] }} rows
 * @property {{ first: number[], depth: number[], members: [number, number[]][], outliers: number[] }} folds
 * @property {[number, Ns, Ns][]} path
 * @property {[number, string, number | null][]} irregular
 * @property {[number, Ns, string][]} events
 * @property {[number, string, string][]} links
 */

const SERVER = 2;
const CLIENT = 3;
/** @type {Record<number, string>} */
const KINDS = { 0: "unspecified", 1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer" };

/** @type {Record<string, string>} */
export const IRREGULARITIES = {
  orphan: "its parent is missing (lost, late, or broken propagation)",
  "own-parent": "it names itself as its parent",
  ring: "it is one of a ring of spans that name one another as parent",
  duplicate: "it was received twice, and is shown once",
  "shared-id": "another span has the same id",
  "ends-before-start": "it ends before it starts",
  "starts-after-parent": "it starts when its parent has ended: nobody waited for it, or clocks differ; shown as sent",
  "starts-before-parent": "it starts before its parent: clocks differ; shown as sent",
};

export class Trace {
  /** @param {Drawing} drawing */
  constructor(drawing) {
    const { rows, folds } = drawing;
    this.drawing = drawing;
    this.id = drawing.trace_id;
    this.length = rows.id.length;
    this.extent = Math.max(Number(drawing.extent), 1);
    this.start = Float64Array.from(rows.start, Number);
    this.duration = Float64Array.from(rows.duration, Number);
    this.own = Float64Array.from(rows.own, Number);
    this.onPath = Float64Array.from(rows.path, Number);
    this.parent = Int32Array.from(rows.parent);
    this.service = Int32Array.from(rows.service);
    this.name = Int32Array.from(rows.name);
    this.depth = new Int32Array(this.length);
    /** The row after the last one below each row. */
    this.end = new Int32Array(this.length);
    this.waits = new Set(drawing.waits);
    /** Of a call the span of another service that answered it, −1 if there is none: what is before and after that is the way there and back. */
    this.answer = new Int32Array(this.length).fill(-1);
    for (let row = 0; row < this.length; row += 1) {
      const parent = this.parent[row];
      this.depth[row] = parent < 0 ? 0 : this.depth[parent] + 1;
      this.end[row] = row + 1;
      if (parent >= 0 && rows.kind[row] === SERVER && rows.kind[parent] === CLIENT && this.service[row] !== this.service[parent]) this.answer[parent] = row;
    }
    for (let row = this.length - 1; row >= 0; row -= 1) {
      const parent = this.parent[row];
      if (parent >= 0) this.end[parent] = Math.max(this.end[parent], this.end[row]);
    }
    this.lines = folds.first.length;
    this.lineFirst = Int32Array.from(folds.first);
    this.lineDepth = Int32Array.from(folds.depth);
    this.members = new Map(folds.members);
    this.outliers = new Set(folds.outliers);
    this.lineEnd = ends(this.lineDepth);
    this.segments = group(drawing.path, ([row, from, until]) => [row, [Number(from), Number(until)]]);
    this.irregular = group(drawing.irregular, ([row, what, other]) => [row, { what, other }]);
    this.events = group(drawing.events, ([row, at, name]) => [row, { at: Number(at), name }]);
    this.links = group(drawing.links, ([row, trace, span]) => [row, { trace, span }]);
    this.errors = rows.status.filter((status) => status === 2).length;
  }

  /** @param {number} row */
  nameOf(row) {
    return this.drawing.names[this.name[row]] || "(no name)";
  }

  /** @param {number} row */
  serviceOf(row) {
    return this.drawing.services[this.service[row]] ?? "";
  }

  /** @param {number} row */
  kindOf(row) {
    const kind = this.drawing.rows.kind[row];
    return KINDS[kind] ?? `kind ${kind}`;
  }

  /** @param {number} row */
  isError(row) {
    return this.drawing.rows.status[row] === 2;
  }

  /** @param {number} row */
  isWait(row) {
    return this.waits.has(this.name[row]);
  }

  /**
   * The rows that a line stands for.
   * @param {number} line
   * @returns {number[]}
   */
  rowsOf(line) {
    return this.members.get(line) ?? [this.lineFirst[line]];
  }
}

/**
 * For each line, the one after the last below it.
 * @param {Int32Array} depths
 */
function ends(depths) {
  const end = new Int32Array(depths.length);
  /** @type {number[]} */
  const open = [];
  for (let line = 0; line < depths.length; line += 1) {
    while (open.length > 0 && depths[open[open.length - 1]] >= depths[line]) end[open.pop() ?? 0] = line;
    open.push(line);
  }
  for (const line of open) end[line] = depths.length;
  return end;
}

/**
 * @template T, V
 * @param {T[]} list
 * @param {(item: T) => [number, V]} entry
 * @returns {Map<number, V[]>}
 */
function group(list, entry) {
  /** @type {Map<number, V[]>} */
  const groups = new Map();
  for (const item of list) {
    const [key, value] = entry(item);
    const found = groups.get(key);
    if (found) found.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

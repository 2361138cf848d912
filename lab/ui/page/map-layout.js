// Where the nodes of a map of calls stand, and how its lines go: in columns by how far from the entry, and around what stands between.

/** @typedef {{ x: number, y: number }} Place the upper left corner */
/** @typedef {{ from: string, to: string }} Call */
/** @typedef {{ path: string, stands: Place[] }} Line a curve, and where along it a text may stand, the best first */

export const WIDE = 140;
export const HIGH = 58;
/** How far it is from one column to the next. */
const ACROSS = 213;
/** How much room a node has in its column, and a line that goes past. */
const ROOM = 78;
const PAST = 30;
/** How often the order in the columns is looked at again. */
const SWEEPS = 8;
/** With more lines than these going past, they may cross nodes. */
const MOST_PAST = 600;

/**
 * Something in a column: a node, or a line that goes past on its way to a later column.
 * @typedef {{ column: number, y: number, room: number, before: Item[], after: Item[] }} Item `y` is its middle
 */

/**
 * @param {string[]} ids
 * @param {Call[]} calls
 * @returns {{ places: Map<string, Place>, lines: (Line | null)[] }} `lines` as `calls`; none for what calls itself
 */
export function layout(ids, calls) {
  const columns = columnsOf(ids, calls);
  const item = (/** @type {number} */ column, /** @type {number} */ room) => /** @type {Item} */ ({ column, y: 0, room, before: [], after: [] });
  const nodes = new Map(ids.map((id) => [id, item(columns.get(id) ?? 0, ROOM)]));
  const between = (/** @type {Call} */ { from, to }) => (columns.get(to) ?? 0) - (columns.get(from) ?? 0) - 1;
  const goRound = calls.reduce((sum, call) => sum + Math.max(between(call), 0), 0) <= MOST_PAST;
  const ways = calls.map((call) => {
    const [from, to] = [nodes.get(call.from), nodes.get(call.to)];
    if (!from || !to || from === to) return null;
    const past = goRound ? Array.from({ length: Math.max(between(call), 0) }, (_, at) => item(from.column + 1 + at, PAST)) : [];
    const way = [from, ...past, to];
    if (to.column > from.column) {
      for (const [at, next] of way.slice(1).entries()) {
        const last = /** @type {Item} */ (way[at]);
        last.after.push(next);
        next.before.push(last);
      }
    }
    return way;
  });
  /** @type {Item[][]} */
  const rows = [];
  for (const it of new Set([...nodes.values(), ...ways.flatMap((way) => way ?? [])])) rows[it.column] = [...(rows[it.column] ?? []), it];
  order(rows);
  spread(rows);
  const places = new Map([...nodes].map(([id, it]) => [id, { x: it.column * ACROSS, y: it.y - HIGH / 2 }]));
  return { places, lines: ways.map((way) => way && line(way)) };
}

/**
 * The longest way to each node from one that nobody calls (in a ring, from its first), so that arrows point to the right.
 * @param {string[]} ids
 * @param {Call[]} calls
 */
function columnsOf(ids, calls) {
  const called = new Set(calls.filter((it) => it.from !== it.to).map((it) => it.to));
  const starts = ids.filter((id) => !called.has(id));
  /** @type {Map<string, number>} */
  const columns = new Map((starts.length > 0 ? starts : ids.slice(0, 1)).map((id) => [id, 0]));
  // Bounded by the number of nodes, so that rings end.
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of calls) {
      const column = columns.get(from);
      if (from === to || column === undefined || column + 1 <= (columns.get(to) ?? -1) || column + 1 >= ids.length) continue;
      columns.set(to, column + 1);
      moved = true;
    }
    if (!moved) break;
  }
  return columns;
}

/**
 * Orders each column by where the neighbours stand, to and fro, so that few lines cross (Sugiyama, Tagawa and Toda, 1981), and keeps the
 * order with the fewest crossings.
 * @param {Item[][]} rows
 */
function order(rows) {
  for (const row of rows) {
    for (const [at, it] of row.entries()) it.y = at;
  }
  let best = { crossings: crossings(rows), rows: rows.map((row) => [...row]) };
  for (let sweep = 0; sweep < SWEEPS && best.crossings > 0; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (let at = 1; at < rows.length; at += 1) {
      const row = rows[forth ? at : rows.length - 1 - at] ?? [];
      const wanted = new Map(row.map((it) => [it, mean(forth ? it.before : it.after) ?? it.y]));
      row.sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0) || one.y - other.y);
      for (const [place, it] of row.entries()) it.y = place;
    }
    const now = crossings(rows);
    if (now < best.crossings) best = { crossings: now, rows: rows.map((row) => [...row]) };
  }
  for (const [at, row] of best.rows.entries()) rows[at] = row;
}

/** @param {Item[][]} rows */
function crossings(rows) {
  let sum = 0;
  for (const row of rows) {
    const lines = row.flatMap((it) => it.after.map((next) => [it.y, next.y]));
    for (let one = 0; one < lines.length; one += 1) {
      for (let other = one + 1; other < lines.length; other += 1) {
        const [[a, b], [c, d]] = /** @type {[[number, number], [number, number]]} */ ([lines[one], lines[other]]);
        if ((a - c) * (b - d) < 0) sum += 1;
      }
    }
  }
  return sum;
}

/**
 * Gives each its height: as near to its neighbours as those above and below let it.
 * @param {Item[][]} rows
 */
function spread(rows) {
  for (const row of rows) {
    let y = 0;
    for (const it of row) {
      it.y = y + it.room / 2;
      y += it.room;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 1;
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[forth ? at : rows.length - 1 - at] ?? [];
      settle(row, row.map((it) => mean(sweep === SWEEPS - 1 ? [...it.before, ...it.after] : forth ? it.before : it.after) ?? it.y));
    }
  }
  const top = Math.min(...rows.flat().map((it) => it.y - it.room / 2));
  for (const it of rows.flat()) it.y -= top;
}

/**
 * The heights nearest to the wanted ones (by least squares) at which nothing stands on another, by pooling adjacent violators.
 * @param {Item[]} row
 * @param {number[]} wanted
 */
function settle(row, wanted) {
  let above = 0;
  const offsets = row.map((it, at) => {
    const last = row[at - 1];
    above += last ? (last.room + it.room) / 2 : 0;
    return above;
  });
  /** @type {{ sum: number, size: number }[]} */
  const blocks = [];
  wanted.forEach((y, at) => {
    blocks.push({ sum: y - (offsets[at] ?? 0), size: 1 });
    for (;;) {
      const [one, other] = blocks.slice(-2);
      if (!one || !other || one.sum / one.size <= other.sum / other.size) break;
      blocks.splice(-2, 2, { sum: one.sum + other.sum, size: one.size + other.size });
    }
  });
  const base = blocks.flatMap(({ sum, size }) => Array(size).fill(sum / size));
  for (const [at, it] of row.entries()) it.y = base[at] + (offsets[at] ?? 0);
}

/** @param {Item[]} items */
function mean(items) {
  return items.length > 0 ? items.reduce((sum, it) => sum + it.y, 0) / items.length : null;
}

/** Where along a curve a text may stand, the best first. */
const STANDS = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86];

/**
 * From the right side of the first to the left side of the last, level where it goes past a column.
 * @param {Item[]} way
 * @returns {Line}
 */
function line(way) {
  /** @type {Place[]} */
  const stands = [];
  let path = "";
  way.slice(1).forEach((to, at) => {
    const from = /** @type {Item} */ (way[at]);
    const [x1, y1, x2, y2] = [from.column * ACROSS + WIDE, from.y, to.column * ACROSS, to.y];
    const bend = x2 <= x1 ? 60 : (x2 - x1) / 2;
    path += `${at === 0 ? "M" : "L"}${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
    const on = (/** @type {number} */ t) => {
      const mix = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
      return { x: mix(x1, x1 + bend, x2 - bend, x2), y: mix(y1, y1, y2, y2) };
    };
    stands.push(...STANDS.map(on));
    if (at > 0) stands.unshift({ x: x1 - WIDE / 2, y: y1 });
  });
  return { path, stands };
}

// Who called whom among the spans of an opened file: what trace::tree does, for a report that has no lab to ask. A test holds the
// two against one another.

/**
 * @typedef {object} Span
 * @property {string} id
 * @property {string} parent the id of the span above, or empty
 * @property {string} service
 * @property {string} name
 * @property {number} kind
 * @property {number} status
 * @property {number} start nanoseconds from the earliest span
 * @property {number} end
 * @property {import("../trace/detail.js").Sent} sent
 *
 * @typedef {object} Tree
 * @property {Span[]} spans
 * @property {number[]} parent by place, −1 if there is none
 * @property {number[][]} children by place, in the order of time
 * @property {number[]} roots
 * @property {number} root the one that the trace is named after
 * @property {number[]} order parents before children
 * @property {[number, string, number | null][]} irregular
 */

const [SERVER, CLIENT] = [2, 3];

/** @param {Span} span */
export const durationOf = (span) => Math.max(span.end - span.start, 0);

/**
 * @param {Span[]} spans of one trace, at least one
 * @returns {Tree}
 */
export function treeOf(spans) {
  const order = spans.map((_, at) => at).sort((one, other) => position(spans, one, other));
  const { adopters, clients, duplicates, shared } = holders(spans, order);
  /** @type {[number, string, number | null][]} */
  const irregular = [];
  const parent = spans.map((span, at) => {
    if (duplicates.has(at)) return -1;
    const client = clients.get(at);
    if (client !== undefined) return client;
    if (!span.parent) return -1;
    if (span.parent === span.id) {
      irregular.push([at, "own-parent", null]);
      return -1;
    }
    const above = adopters.get(span.parent);
    if (above === undefined) irregular.push([at, "orphan", null]);
    return above ?? -1;
  });
  for (const at of cutRings(order, parent)) irregular.push([at, "ring", null]);
  /** @type {number[][]} */
  const children = spans.map(() => []);
  const roots = [];
  for (const at of order) {
    const above = parent[at] ?? -1;
    if (above >= 0) children[above]?.push(at);
    else if (!duplicates.has(at)) roots.push(at);
  }
  spans.forEach((span, at) => {
    const first = duplicates.get(at);
    if (first !== undefined) irregular.push([first, "duplicate", null]);
    if (span.end < span.start) irregular.push([at, "ends-before-start", null]);
    const above = spans[parent[at] ?? -1];
    if (!above) return;
    if (span.start < above.start) irregular.push([at, "starts-before-parent", null]);
    else if (span.start >= above.end && durationOf(above) > 0) irregular.push([at, "starts-after-parent", null]);
  });
  for (const [at, other] of shared) irregular.push([at, "shared-id", other]);
  const odd = new Set(irregular.filter(([, what]) => ["orphan", "own-parent", "ring"].includes(what)).map(([at]) => at));
  const root = roots.find((at) => !odd.has(at)) ?? roots[0] ?? 0;
  return { spans, parent, children, roots, root, order: depthFirst(roots, children), irregular };
}

/**
 * @param {Span[]} spans
 * @param {number} one
 * @param {number} other
 */
function position(spans, one, other) {
  const [a, b] = [/** @type {Span} */ (spans[one]), /** @type {Span} */ (spans[other])];
  return a.start - b.start || b.end - a.end || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) || a.kind - b.kind || one - other;
}

/**
 * Which spans hold which id: a client and its server may share one, as Zipkin's libraries send it, and a span may have come twice.
 * @param {Span[]} spans
 * @param {number[]} order
 */
function holders(spans, order) {
  /** @type {Map<string, number>} */
  const adopters = new Map();
  /** @type {Map<string, number[]>} */
  const several = new Map();
  for (const at of order) {
    const { id } = /** @type {Span} */ (spans[at]);
    const first = adopters.get(id);
    if (first === undefined) adopters.set(id, at);
    else several.set(id, [...(several.get(id) ?? [first]), at]);
  }
  /** @type {Map<number, number>} */
  const clients = new Map();
  /** @type {Map<number, number>} */
  const duplicates = new Map();
  /** @type {[number, number][]} */
  const shared = [];
  for (const [id, places] of several) {
    /** @type {Map<string, number>} */
    const different = new Map();
    for (const at of places) {
      const text = JSON.stringify(spans[at]?.sent);
      const first = different.get(text);
      if (first === undefined) different.set(text, at);
      else duplicates.set(at, first);
    }
    const list = [...different.values()];
    const [client, server] = [CLIENT, SERVER].map((kind) => list.find((at) => spans[at]?.kind === kind));
    if (client !== undefined && server !== undefined) {
      clients.set(server, client);
      adopters.set(id, server);
    }
    for (const at of list.slice(1)) shared.push([at, list[0] ?? at]);
  }
  return { adopters, clients, duplicates, shared };
}

/**
 * Cuts each ring of parents above its earliest span.
 * @param {number[]} order
 * @param {number[]} parent
 * @returns {number[]} where it was cut
 */
function cutRings(order, parent) {
  const rank = new Map(order.map((at, place) => [at, place]));
  const seen = new Int32Array(parent.length);
  const cut = [];
  for (const [walk, start] of order.entries()) {
    let at = start;
    while (at >= 0 && seen[at] === 0) {
      seen[at] = walk + 1;
      at = parent[at] ?? -1;
    }
    if (at < 0 || seen[at] !== walk + 1) continue;
    let earliest = at;
    for (let next = parent[at] ?? -1; next !== at; next = parent[next] ?? -1) {
      if ((rank.get(next) ?? 0) < (rank.get(earliest) ?? 0)) earliest = next;
    }
    parent[earliest] = -1;
    cut.push(earliest);
  }
  return cut;
}

/**
 * @param {number[]} roots
 * @param {number[][]} children
 */
function depthFirst(roots, children) {
  const waiting = [...roots].reverse();
  const order = [];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    order.push(at);
    const below = children[at] ?? [];
    for (let place = below.length - 1; place >= 0; place -= 1) waiting.push(/** @type {number} */ (below[place]));
  }
  return order;
}

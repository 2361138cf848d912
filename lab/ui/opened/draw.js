// One trace of an opened file as it is drawn: what trace::drawing does, for a report that has no lab to ask. A test holds the two
// against one another.

import { durationOf, treeOf } from "./tree.js";

/** Spans that mean waiting, as trace::waterfall has them. */
const WAITS = ["pool acquire", "BEGIN", "lock stock", "outbox wait"];
/** Folding, as trace::fold does it: the fewest alike, how many medians set one apart, and how short one is never set apart. */
const [AT_LEAST, OUTLIER, NOISE] = [3, 4, 1e6];

/** @typedef {import("./tree.js").Tree} Tree */

/**
 * @param {import("../trace/detail.js").Sent[]} sent the spans of one trace
 * @returns {import("../trace/model.js").Drawing}
 */
export function draw(sent) {
  const starts = sent.map(({ span }) => BigInt(span.startTimeUnixNano ?? 0));
  let base = starts[0] ?? 0n;
  for (const it of starts) if (it < base) base = it;
  const since = (/** @type {string | number | undefined} */ time) => Number(BigInt(time ?? 0) - base);
  const tree = treeOf(sent.map((it) => ({
    id: it.span.spanId, parent: /^0*$/.test(it.span.parentSpanId ?? "") ? "" : it.span.parentSpanId, service: serviceOf(it.resource), name: it.span.name ?? "",
    kind: it.span.kind ?? 0, status: it.span.status?.code ?? 0, start: since(it.span.startTimeUnixNano), end: since(it.span.endTimeUnixNano), sent: it,
  })));
  const { spans, order } = tree;
  const row = new Map(order.map((at, place) => [at, place]));
  const rowOf = (/** @type {number} */ at) => row.get(at) ?? -1;
  const root = span(tree, tree.root);
  const origin = root.start;
  const [services, names] = [new Words(), new Words()];
  const path = criticalPath(tree);
  const onPath = new Float64Array(spans.length);
  for (const [at, from, until] of path) onPath[at] = (onPath[at] ?? 0) + until - from;
  const list = order.map((at) => span(tree, at));
  const folds = foldsOf(tree);
  const last = list.reduce((most, it) => Math.max(most, it.end), origin);
  const rows = {
    id: list.map((it) => it.id), parent: order.map((at) => rowOf(tree.parent[at] ?? -1)), service: list.map((it) => services.place(it.service)), name: list.map((it) => names.place(it.name)),
    kind: list.map((it) => it.kind), status: list.map((it) => it.status), start: list.map((it) => it.start - origin), duration: list.map(durationOf), own: order.map((at) => own(tree, at)), path: order.map((at) => onPath[at] ?? 0),
  };
  return {
    trace_id: root.sent.span.traceId,
    origin_unix_ns: String(base + BigInt(origin)),
    root: rowOf(tree.root),
    extent: Math.min(Math.max(last - origin, durationOf(root)), durationOf(root) * 2),
    services: services.list,
    names: names.list,
    waits: names.list.flatMap((name, place) => (WAITS.includes(name) ? [place] : [])),
    rows,
    folds: {
      first: folds.map((it) => rowOf(it.members[0] ?? -1)), depth: folds.map((it) => it.depth),
      members: folds.flatMap((it, place) => (it.members.length > 1 ? [/** @type {[number, number[]]} */ ([place, it.members.map(rowOf)])] : [])),
      outliers: folds.flatMap((it, place) => (it.outlier ? [place] : [])),
    },
    path: path.map(([at, from, until]) => [rowOf(at), from - origin, until - origin]),
    irregular: tree.irregular.filter(([at]) => row.has(at)).map(([at, what, other]) => [rowOf(at), what, other === null ? null : rowOf(other)]),
    events: order.flatMap((at) => (span(tree, at).sent.span.events ?? []).map((/** @type {any} */ it) => [rowOf(at), since(it.timeUnixNano) - origin, it.name ?? ""])),
    links: order.flatMap((at) => (span(tree, at).sent.span.links ?? []).map((/** @type {any} */ it) => [rowOf(at), it.traceId ?? "", it.spanId ?? ""])),
  };
}

/**
 * @param {Tree} tree
 * @param {number} at
 */
function span(tree, at) {
  return /** @type {import("./tree.js").Span} */ (tree.spans[at]);
}

/** @param {any} resource */
function serviceOf(resource) {
  return (resource?.attributes ?? []).find((/** @type {any} */ it) => it.key === "service.name")?.value?.stringValue ?? "unknown_service";
}

/**
 * The time that no child accounts for: trace::self_time.
 * @param {Tree} tree
 * @param {number} at
 */
function own(tree, at) {
  const { start, end } = span(tree, at);
  let [sum, covered] = [0, start];
  for (const child of tree.children[at] ?? []) {
    const it = span(tree, child);
    const from = Math.min(it.start, end);
    sum += Math.max(from - covered, 0);
    covered = Math.max(covered, it.end, from);
  }
  return sum + Math.max(end - covered, 0);
}

/**
 * Back from the root's end, always through the child that finished last: trace::critical_path.
 * @param {Tree} tree
 * @returns {[number, number, number][]} span, from, until
 */
function criticalPath(tree) {
  const visit = (/** @type {number} */ at, /** @type {number} */ start, /** @type {number} */ end) => ({
    at, start, cursor: end,
    children: (tree.children[at] ?? [])
      .map((child) => ({ child, from: Math.max(span(tree, child).start, start), until: Math.min(span(tree, child).end, end) }))
      .filter((it) => it.from < it.until)
      .sort((one, other) => one.until - other.until || other.from - one.from || one.child - other.child),
  });
  const root = span(tree, tree.root);
  const stack = [visit(tree.root, root.start, root.end)];
  /** @type {[number, number, number][]} */
  const segments = [];
  while (stack.length > 0) {
    const top = /** @type {ReturnType<typeof visit>} */ (stack[stack.length - 1]);
    let next = top.children.pop();
    while (next && next.until > top.cursor) next = top.children.pop();
    const from = next ? next.until : top.start;
    if (from < top.cursor) segments.push([top.at, from, top.cursor]);
    if (!next) {
      stack.pop();
      continue;
    }
    top.cursor = next.from;
    stack.push(visit(next.child, next.from, next.until));
  }
  return segments.reverse();
}

/** @typedef {{ members: number[], depth: number, outlier: boolean }} Fold */

/**
 * Siblings that do the same as one line: trace::fold.
 * @param {Tree} tree
 * @returns {Fold[]}
 */
function foldsOf(tree) {
  /** @type {Fold[]} */
  const folds = [];
  /** @type {Fold[]} */
  const waiting = tree.roots.map((root) => ({ members: [root], depth: 0, outlier: false })).reverse();
  for (let fold = waiting.pop(); fold; fold = waiting.pop()) {
    folds.push(fold);
    const depth = fold.depth + 1;
    const below = groups(tree, fold.members.flatMap((at) => tree.children[at] ?? []), fold.members.length > 1 ? 2 : AT_LEAST);
    waiting.push(...below.reverse().map((it) => ({ ...it, depth })));
  }
  return folds;
}

/**
 * @param {Tree} tree
 * @param {number[]} siblings
 * @param {number} atLeast
 */
function groups(tree, siblings, atLeast) {
  /** @type {Map<string, number[]>} */
  const alike = new Map();
  for (const at of siblings) {
    const { service, name, kind } = span(tree, at);
    const key = JSON.stringify([service, name, kind]);
    const found = alike.get(key);
    if (found) found.push(at);
    else alike.set(key, [at]);
  }
  const byStart = (/** @type {number} */ one, /** @type {number} */ other) => span(tree, one).start - span(tree, other).start || one - other;
  const list = [...alike.values()].flatMap((members) => {
    if (members.length < atLeast) return members.map((at) => ({ members: [at], outlier: false }));
    const durations = members.map((at) => durationOf(span(tree, at))).sort((one, other) => one - other);
    const limit = Math.max((durations[durations.length >> 1] ?? 0) * OUTLIER, NOISE);
    const apart = (/** @type {number} */ at) => span(tree, at).status === 2 || durationOf(span(tree, at)) > limit;
    const ordinary = members.filter((at) => !apart(at)).sort(byStart);
    return [...(ordinary.length > 0 ? [{ members: ordinary, outlier: false }] : []), ...members.filter(apart).map((at) => ({ members: [at], outlier: true }))];
  });
  return list.sort((one, other) => byStart(one.members[0] ?? 0, other.members[0] ?? 0));
}

/** Each text once, by its place. */
class Words {
  list = /** @type {string[]} */ ([]);
  places = /** @type {Map<string, number>} */ (new Map());

  /** @param {string} text */
  place(text) {
    const found = this.places.get(text);
    if (found !== undefined) return found;
    this.places.set(text, this.list.length);
    this.list.push(text);
    return this.list.length - 1;
  }
}

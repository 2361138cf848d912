// The service map: who calls whom, in columns by how far from the entry. An edge says how long calls took for the caller and how
// much of that the called side worked; the rest is the network's, and the wait to be accepted.

import { colourOf } from "../base/colours.js";
import { count, milliseconds, percent, printable } from "../base/format.js";
import { html, useMemo } from "../vendor/preact-htm.js";

/**
 * @typedef {{ p50: number, p95: number, p99: number } | null} Quantiles
 * @typedef {{ id: string, kind: string, name: string, spans: number | null, errors: number | null }} GraphNode
 * @typedef {{ from: string, to: string, calls: number, errors: number, client_ms: Quantiles, server_ms: Quantiles, between_ms: Quantiles }} Edge
 * @typedef {{ nodes: GraphNode[], edges: Edge[] }} Graph
 */

const WIDE = 140;
const HIGH = 58;
const ACROSS = 213;
const DOWN = 78;

/** @typedef {{ x: number, y: number }} Place the upper left corner */

/**
 * Columns by how far a node is from one that nobody calls (in a ring, from its first); in each, what belongs together near together.
 * @param {Graph} graph
 * @returns {Map<string, Place>}
 */
function layout({ nodes, edges }) {
  const called = new Set(edges.filter((edge) => edge.from !== edge.to).map((edge) => edge.to));
  const starts = nodes.filter((node) => !called.has(node.id)).map((node) => node.id);
  /** @type {Map<string, number>} */
  const columns = new Map((starts.length > 0 ? starts : nodes.slice(0, 1).map((node) => node.id)).map((id) => [id, 0]));
  // Longest way, so that arrows point to the right; bounded by the number of nodes, so that rings end.
  for (let round = 0; round < nodes.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const column = columns.get(from);
      if (from === to || column === undefined || column + 1 <= (columns.get(to) ?? -1) || column + 1 >= nodes.length) continue;
      columns.set(to, column + 1);
      moved = true;
    }
    if (!moved) break;
  }
  /** @type {string[][]} */
  const rows = [];
  for (const { id } of nodes) {
    const column = columns.get(id) ?? 0;
    rows[column] = [...(rows[column] ?? []), id];
  }
  const tallest = Math.max(...rows.map((ids) => ids?.length ?? 0), 1);
  /** @type {Map<string, Place>} */
  const places = new Map();
  rows.forEach((ids, column) => {
    const height = (/** @type {string} */ id) => {
      const callers = edges.filter((edge) => edge.to === id && edge.from !== id).flatMap((edge) => places.get(edge.from)?.y ?? []);
      return callers.length > 0 ? callers.reduce((sum, y) => sum + y, 0) / callers.length : Number.POSITIVE_INFINITY;
    };
    const sorted = column === 0 ? ids : ids.map((id) => ({ id, at: height(id) })).sort((one, other) => one.at - other.at || 0).map((it) => it.id);
    for (const [row, id] of sorted.entries()) places.set(id, { x: column * ACROSS, y: (row + (tallest - sorted.length) / 2) * DOWN });
  });
  return places;
}

/**
 * The curve from one node to another.
 * @param {Place} from
 * @param {Place} to
 */
function curve(from, to) {
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
  const bend = x2 <= x1 ? 60 : (x2 - x1) / 2;
  const at = (/** @type {number} */ t) => {
    const mix = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ c, /** @type {number} */ d) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
    return { x: mix(x1, x1 + bend, x2 - bend, x2), y: mix(y1, y1, y2, y2) };
  };
  return { path: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, at };
}

/** Where along a curve its text may stand, the best first. */
const STANDS = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86];
/** How wide and high a text is, about. */
const TEXT = { wide: 72, high: 13 };

/**
 * Where each edge's text stands, so that none stands on another or on a node, where there is room; else where it hides least.
 * @param {Edge[]} edges
 * @param {Map<string, Place>} places
 */
function labels(edges, places) {
  /** @type {Place[]} */
  const taken = [];
  const nodes = [...places.values()];
  const shared = (/** @type {number} */ from, /** @type {number} */ size, /** @type {number} */ other, /** @type {number} */ otherSize) => Math.max(0, Math.min(from + size, other + otherSize) - Math.max(from, other));
  const hidden = (/** @type {Place} */ it) => {
    const [x, y] = [it.x - TEXT.wide / 2, it.y - TEXT.high];
    const onText = taken.reduce((sum, other) => sum + shared(x, TEXT.wide, other.x - TEXT.wide / 2, TEXT.wide) * shared(y, TEXT.high, other.y - TEXT.high, TEXT.high), 0);
    return nodes.reduce((sum, node) => sum + shared(x, TEXT.wide, node.x, WIDE) * shared(y, TEXT.high, node.y, HIGH), onText);
  };
  return edges.map((edge) => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    if (!from || !to || edge.from === edge.to) return null;
    const { path, at } = curve(from, to);
    const stands = STANDS.map(at).map((it) => ({ x: it.x, y: it.y - 4 }));
    const cost = stands.map(hidden);
    const stand = /** @type {Place} */ (stands[cost.indexOf(Math.min(...cost))]);
    taken.push(stand);
    return { path, ...stand };
  });
}

/**
 * @param {object} properties
 * @param {Graph} properties.graph
 * @param {Map<string, { rate: number, errors: number, p95: number | null }>} properties.figures by service
 * @param {string} properties.chosen
 * @param {(service: string) => void} properties.onChoose
 * @param {number} properties.seconds how long the calls were counted
 */
export function ServiceMap({ graph, figures, chosen, onChoose, seconds }) {
  const shape = graph.nodes.map((node) => node.id).join() + graph.edges.map((edge) => `${edge.from}>${edge.to}`).join();
  const places = useMemo(() => layout(graph), [shape]);
  const lines = useMemo(() => labels(graph.edges, places), [shape]);
  const width = Math.max(...[...places.values()].map((it) => it.x)) + WIDE + 20;
  const height = Math.max(...[...places.values()].map((it) => it.y)) + HIGH + 30;
  const most = Math.max(...graph.edges.map((edge) => edge.calls), 1);
  return html`<div><div class="scroll map" tabindex="0"><svg width=${width} height=${height} viewBox=${`-10 -18 ${width} ${height}`} role="group" aria-label="service map">
    ${graph.edges.map((edge, at) => html`<${EdgeLine} key=${`${edge.from}>${edge.to}`} edge=${edge} line=${lines[at]} most=${most} />`)}
    ${graph.nodes.map((node) => html`<${NodeBox} key=${node.id} node=${node} place=${places.get(node.id)} figures=${figures.get(node.name)} chosen=${chosen === node.name} onChoose=${onChoose} seconds=${seconds} />`)}
    ${graph.edges.map((edge, at) => lines[at] && html`<text key=${`${edge.from}>${edge.to}`} class=${edge.errors > 0 ? "edge bad" : "edge"} x=${lines[at].x} y=${lines[at].y} text-anchor="middle" aria-hidden="true">${took(edge)}</text>`)}
  </svg></div>
  <p class="note">on an edge: the p95 of the caller › of the called side. The dark part of the line is what the called side worked, the light part the network and the wait to be accepted.</p></div>`;
}

/** @param {any} properties */
function EdgeLine({ edge, line, most }) {
  if (!line) return null;
  const worked = edge.client_ms && edge.server_ms && edge.client_ms.p95 > 0 ? Math.min(edge.server_ms.p95 / edge.client_ms.p95, 1) : null;
  const thick = 1.5 + 3 * Math.sqrt(edge.calls / most);
  const title = `${edge.from} calls ${edge.to}: ${count(edge.calls)} calls, ${count(edge.errors)} errors; p95 for the caller ${milliseconds(edge.client_ms?.p95)}, the called side ${milliseconds(edge.server_ms?.p95)}, between ${milliseconds(edge.between_ms?.p95)}`;
  return html`<g class=${edge.errors > 0 ? "edge bad" : "edge"} role="img" aria-label=${printable(title)}><title>${printable(title)}</title>
    <path d=${line.path} class="between" stroke-width=${thick} fill="none" />
    ${worked !== null && html`<path d=${line.path} class="worked" stroke-width=${thick} fill="none" pathLength="100" stroke-dasharray=${`${worked * 100} 100`} stroke-dashoffset=${worked * 100 - 100} />`}
  </g>`;
}

/**
 * How long calls took for the caller and how much of that on the called side, in the unit of the first.
 * @param {Edge} edge
 */
function took({ client_ms: client, server_ms: server }) {
  if (!client || !server) return short(client?.p95 ?? server?.p95 ?? null);
  const [whole, unit] = short(client.p95).split(" ");
  const part = { "µs": 1000, ms: 1, s: 0.001 }[unit ?? "ms"] ?? 1;
  const worked = server.p95 * part;
  return `${whole} › ${worked < 9.95 && unit !== "µs" ? worked.toFixed(1) : Math.round(worked)} ${unit}`;
}

/**
 * A duration as short as it can be told apart.
 * @param {number | null} value in milliseconds
 */
function short(value) {
  if (value === null) return "";
  if (value < 0.95) return `${Math.round(value * 1000)} µs`;
  if (value < 9.95) return `${value.toFixed(1)} ms`;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/**
 * The outline of a node: a database is a drum, a queue a row of places, all others a box.
 * @param {{ kind: string }} properties
 */
function Outline({ kind }) {
  if (kind === "database") {
    const [rim, side] = [7, HIGH - 7];
    return html`<g><path class="shape" d=${`M0,${rim} V${side} A${WIDE / 2},${rim} 0 0 0 ${WIDE},${side} V${rim} A${WIDE / 2},${rim} 0 0 0 0,${rim}`} /><ellipse class="shape" cx=${WIDE / 2} cy=${rim} rx=${WIDE / 2} ry=${rim} /></g>`;
  }
  return html`<g><rect class="shape" width=${WIDE} height=${HIGH} rx=${kind === "queue" ? 2 : 7} />
    ${kind === "queue" && [1, 2, 3].map((it) => html`<line class="shape" x1=${WIDE - 14 * it} x2=${WIDE - 14 * it} y1="0" y2=${HIGH} />`)}</g>`;
}

/** @param {any} properties */
function NodeBox({ node, place, figures, chosen, onChoose, seconds }) {
  if (!place) return null;
  const service = node.kind === "service";
  const [system, own] = node.kind === "database" && node.name.includes("/") ? [`${node.name.split("/")[0]} database`, node.name.slice(node.name.indexOf("/") + 1)] : [node.kind, node.name];
  const name = printable(own.length > 18 ? `${own.slice(0, 17)}…` : own);
  const top = node.kind === "database" ? 9 : 0;
  const lines = figures
    ? [`${count(figures.rate)}/s · p95 ${short(figures.p95)}`, figures.errors > 0 ? `${percent(figures.errors)} errors` : "no errors"]
    : service ? [`${count((node.spans ?? 0) / Math.max(seconds, 1))} spans/s`, ""] : [node.kind === "peer" ? "sends no spans" : system, ""];
  const choose = () => service && onChoose(node.name);
  return html`<g class=${`node ${node.kind} ${service ? colourOf(node.name) : ""} ${chosen ? "chosen" : ""}`} transform=${`translate(${place.x},${place.y})`}
    role=${service ? "button" : "img"} tabindex=${service ? 0 : undefined} aria-pressed=${service ? String(chosen) : undefined} aria-label=${service ? undefined : `${name}, ${lines.filter(Boolean).join(", ")}`}
    onClick=${choose} onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } }}>
    <${Outline} kind=${node.kind} />
    <text class="title" x="10" y=${top + 19}>${name}</text>
    <text x="10" y=${top + 35}>${lines[0]}</text>
    <text x="10" y=${top + 50} class=${figures?.errors > 0 ? "bad" : ""}>${lines[1]}</text>
  </g>`;
}

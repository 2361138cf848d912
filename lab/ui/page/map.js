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

const WIDE = 150;
const HIGH = 58;
const ACROSS = 256;
const DOWN = 84;

/**
 * How far each node is from one that nobody calls; in a ring, from its first.
 * @param {Graph} graph
 * @returns {Map<string, { x: number, y: number }>}
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
  /** @type {Map<number, number>} */
  const used = new Map();
  /** @type {Map<string, { x: number, y: number }>} */
  const places = new Map();
  const tallest = Math.max(...[...columns.values()].map((column) => [...columns.values()].filter((it) => it === column).length), 1);
  for (const node of nodes) {
    const column = columns.get(node.id) ?? 0;
    const row = used.get(column) ?? 0;
    used.set(column, row + 1);
    places.set(node.id, { x: column * ACROSS, y: row * DOWN });
  }
  for (const [, place] of places) {
    const inColumn = used.get(place.x / ACROSS) ?? 1;
    place.y += ((tallest - inColumn) * DOWN) / 2;
  }
  return places;
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
  const width = Math.max(...[...places.values()].map((it) => it.x)) + WIDE + 20;
  const height = Math.max(...[...places.values()].map((it) => it.y)) + HIGH + 30;
  const most = Math.max(...graph.edges.map((edge) => edge.calls), 1);
  return html`<div><div class="scroll map" tabindex="0"><svg width=${width} height=${height} viewBox=${`-10 -18 ${width} ${height}`} role="group" aria-label="service map">
    ${graph.edges.map((edge) => html`<${EdgeLine} key=${`${edge.from}>${edge.to}`} edge=${edge} places=${places} most=${most} />`)}
    ${graph.nodes.map((node) => html`<${NodeBox} key=${node.id} node=${node} place=${places.get(node.id)} figures=${figures.get(node.name)} chosen=${chosen === node.name} onChoose=${onChoose} seconds=${seconds} />`)}
  </svg></div>
  <p class="note">above an edge: the caller's p95; the dark part of the line is what the called side worked, the light part the network and the wait to be accepted</p></div>`;
}

/** @param {any} properties */
function EdgeLine({ edge, places, most }) {
  const [from, to] = [places.get(edge.from), places.get(edge.to)];
  if (!from || !to || edge.from === edge.to) return null;
  const [x1, y1, x2, y2] = [from.x + WIDE, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
  const back = x2 <= x1;
  const bend = back ? 60 : (x2 - x1) / 2;
  const curve = `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
  const client = edge.client_ms?.p95 ?? edge.server_ms?.p95 ?? null;
  const worked = edge.client_ms && edge.server_ms && edge.client_ms.p95 > 0 ? Math.min(edge.server_ms.p95 / edge.client_ms.p95, 1) : null;
  const thick = 1.5 + 3 * Math.sqrt(edge.calls / most);
  const title = `${edge.from} calls ${edge.to}: ${count(edge.calls)} calls, ${count(edge.errors)} errors; p95 for the caller ${milliseconds(edge.client_ms?.p95)}, the called side ${milliseconds(edge.server_ms?.p95)}, between ${milliseconds(edge.between_ms?.p95)}`;
  return html`<g class=${edge.errors > 0 ? "edge bad" : "edge"} role="img" aria-label=${printable(title)}><title>${printable(title)}</title>
    <path d=${curve} class="between" stroke-width=${thick} fill="none" />
    ${worked !== null && html`<path d=${curve} class="worked" stroke-width=${thick} fill="none" pathLength="100" stroke-dasharray=${`${worked * 100} 100`} stroke-dashoffset=${worked * 100 - 100} />`}
    ${client !== null && html`<text x=${(x1 + x2) / 2} y=${(y1 + y2) / 2 - 5} text-anchor="middle">${milliseconds(client)}</text>`}
  </g>`;
}

/** @param {any} properties */
function NodeBox({ node, place, figures, chosen, onChoose, seconds }) {
  if (!place) return null;
  const service = node.kind === "service";
  const name = printable(node.name).slice(0, 22);
  const lines = figures
    ? [`${figures.rate.toFixed(1)}/s · p95 ${milliseconds(figures.p95)}`, figures.errors > 0 ? `${percent(figures.errors)} errors` : "no errors"]
    : service ? [`${count((node.spans ?? 0) / Math.max(seconds, 1))} spans/s`, ""] : [node.kind === "peer" ? "not instrumented" : node.kind, ""];
  const choose = () => service && onChoose(node.name);
  return html`<g class=${`node ${node.kind} ${service ? colourOf(node.name) : ""} ${chosen ? "chosen" : ""}`} transform=${`translate(${place.x},${place.y})`}
    role=${service ? "button" : "img"} tabindex=${service ? 0 : undefined} aria-pressed=${service ? String(chosen) : undefined} aria-label=${service ? undefined : `${name}, ${lines.filter(Boolean).join(", ")}`}
    onClick=${choose} onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } }}>
    <rect width=${WIDE} height=${HIGH} rx=${node.kind === "database" ? 18 : node.kind === "queue" ? 2 : 7} />
    <text class="title" x="10" y="19">${name}</text>
    <text x="10" y="35">${lines[0]}</text>
    <text x="10" y="50" class=${figures?.errors > 0 ? "bad" : ""}>${lines[1]}</text>
  </g>`;
}

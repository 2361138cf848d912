// The service map: who calls whom, in columns by how far from the entry. An edge says how long calls took for the caller and how
// much of that the called side worked; the rest is the network's, and the wait to be accepted.

import { colourOf } from "../base/colours.js";
import { count, milliseconds, percent, printable } from "../base/format.js";
import { html, useMemo } from "../vendor/preact-htm.js";
import { link } from "./address.js";
import { HIGH, layout, WIDE } from "./map-layout.js";
import { between } from "./map-questions.js";

/**
 * @typedef {{ p50: number, p95: number, p99: number } | null} Quantiles
 * @typedef {{ id: string, kind: string, name: string, spans: number | null, errors: number | null, duration_ms: Quantiles }} GraphNode
 * @typedef {{ from: string, to: string, calls: number, errors: number, client_ms: Quantiles, server_ms: Quantiles, between_ms: Quantiles }} Edge
 * @typedef {{ nodes: GraphNode[], edges: Edge[] }} Graph
 * @typedef {import("./map-layout.js").Place} Place
 */

/** How wide and high a text is, about. */
const TEXT = { wide: 72, high: 13 };

/**
 * Where each edge's text stands, so that none stands on another or on a node, where there is room; else where it hides least.
 * @param {(import("./map-layout.js").Line | null)[]} lines
 * @param {Place[]} nodes
 */
function labels(lines, nodes) {
  /** @type {Place[]} */
  const taken = [];
  const shared = (/** @type {number} */ from, /** @type {number} */ size, /** @type {number} */ other, /** @type {number} */ otherSize) => Math.max(0, Math.min(from + size, other + otherSize) - Math.max(from, other));
  const hidden = (/** @type {Place} */ it) => {
    const [x, y] = [it.x - TEXT.wide / 2, it.y - TEXT.high];
    const onText = taken.reduce((sum, other) => sum + shared(x, TEXT.wide, other.x - TEXT.wide / 2, TEXT.wide) * shared(y, TEXT.high, other.y - TEXT.high, TEXT.high), 0);
    return nodes.reduce((sum, node) => sum + shared(x, TEXT.wide, node.x, WIDE) * shared(y, TEXT.high, node.y, HIGH), onText);
  };
  return lines.map((line) => {
    if (!line) return null;
    const stands = line.stands.map((it) => ({ x: it.x, y: it.y - 4 }));
    const cost = stands.map(hidden);
    const stand = /** @type {Place} */ (stands[cost.indexOf(Math.min(...cost))]);
    taken.push(stand);
    return stand;
  });
}

/**
 * @param {object} properties
 * @param {Graph} properties.graph
 * @param {Map<string, { rate: number, errors: number, p95: number | null }>} properties.figures by service
 * @param {string} properties.chosen
 * @param {(id: string) => void} properties.onChoose
 * @param {number} properties.seconds how long the calls were counted
 * @param {number} properties.since from when, in seconds since 1970
 */
export function ServiceMap({ graph, figures, chosen, onChoose, seconds, since }) {
  const shape = graph.nodes.map((node) => node.id).join() + graph.edges.map((edge) => `${edge.from}>${edge.to}`).join();
  const { places, lines } = useMemo(() => layout(graph.nodes.map((node) => node.id), graph.edges), [shape]);
  const texts = useMemo(() => labels(lines, [...places.values()]), [shape]);
  const width = Math.max(...[...places.values()].map((it) => it.x)) + WIDE + 20;
  const height = Math.max(...[...places.values()].map((it) => it.y)) + HIGH + 30;
  const most = Math.max(...graph.edges.map((edge) => edge.calls), 1);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const traces = (/** @type {Edge} */ edge) => link("traces", { q: between(nodes.get(edge.from), nodes.get(edge.to)), from: String(since * 1000) });
  return html`<div><div class="scroll map" tabindex="0"><svg width=${width} height=${height} viewBox=${`-10 -18 ${width} ${height}`} role="group" aria-label="service map">
    <clipPath id="room-of-a-node"><rect width=${WIDE - 4} height=${HIGH} /></clipPath>
    ${graph.edges.map((edge, at) => html`<${EdgeLine} key=${`${edge.from}>${edge.to}`} edge=${edge} line=${lines[at]} most=${most} traces=${traces(edge)} />`)}
    ${graph.nodes.map((node) => html`<${NodeBox} key=${node.id} node=${node} place=${places.get(node.id)} figures=${figures.get(node.name)} chosen=${chosen === node.id} onChoose=${onChoose} seconds=${seconds} />`)}
    ${graph.edges.map((edge, at) => texts[at] && html`<a key=${`${edge.from}>${edge.to}`} href=${traces(edge)} tabindex="-1" aria-hidden="true"><text class=${edge.errors > 0 ? "edge bad" : "edge"} x=${texts[at].x} y=${texts[at].y} text-anchor="middle">${took(edge)}</text></a>`)}
  </svg></div>
  <p class="note">on an edge: the p95 of the caller › of the called side. The strong part of the line is what the called side worked, the faint part the network and the wait to be accepted. A click shows the traces.</p></div>`;
}

/** @param {any} properties */
function EdgeLine({ edge, line, most, traces }) {
  if (!line) return null;
  const worked = edge.client_ms && edge.server_ms && edge.client_ms.p95 > 0 ? Math.min(edge.server_ms.p95 / edge.client_ms.p95, 1) : null;
  const thick = 1.5 + 3 * Math.sqrt(edge.calls / most);
  const title = `${edge.from} calls ${edge.to}: ${count(edge.calls)} calls, ${count(edge.errors)} errors; p95 for the caller ${milliseconds(edge.client_ms?.p95)}, the called side ${milliseconds(edge.server_ms?.p95)}, between ${milliseconds(edge.between_ms?.p95)}`;
  // By keyboard one comes to the same traces from the table below the map.
  return html`<a href=${traces} tabindex="-1" class=${edge.errors > 0 ? "edge bad" : "edge"} aria-label=${printable(title)}><title>${printable(title)}</title>
    <path d=${line.path} class="reach" fill="none" />
    <path d=${line.path} class="between" stroke-width=${thick} fill="none" />
    ${worked !== null && html`<path d=${line.path} class="worked" stroke-width=${thick} fill="none" pathLength="100" stroke-dasharray=${`${worked * 100} 100`} stroke-dashoffset=${worked * 100 - 100} />`}
  </a>`;
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

/** How many characters a node has room for. */
const LONGEST = 16;

/**
 * A name as far as there is room: of a schema in a database (`shop|orders`) its end, which is what tells it from the others there.
 * @param {string} name
 */
function called(name) {
  const [own = name] = name.split("|").slice(-1);
  if (own.length <= LONGEST) return own;
  return own === name ? `${own.slice(0, LONGEST - 1)}…` : `…${own.slice(1 - LONGEST)}`;
}

/** @param {any} properties */
function NodeBox({ node, place, figures, chosen, onChoose, seconds }) {
  if (!place) return null;
  const service = node.kind === "service";
  const [system, own] = node.kind === "database" && node.name.includes("/") ? [`${node.name.split("/")[0]} database`, node.name.slice(node.name.indexOf("/") + 1)] : [node.kind, node.name];
  const name = printable(called(own));
  const top = node.kind === "database" ? 9 : 0;
  const lines = figures
    ? [`${count(figures.rate)}/s · p95 ${short(figures.p95)}`, figures.errors > 0 ? `${percent(figures.errors)} errors` : "no errors"]
    : service ? [`${count((node.spans ?? 0) / Math.max(seconds, 1))} spans/s`, ""] : [node.kind === "peer" ? "sends no spans" : system, ""];
  const choose = () => onChoose(node.id);
  return html`<g class=${`node ${node.kind} ${service ? colourOf(node.name) : ""} ${chosen ? "chosen" : ""}`} transform=${`translate(${place.x},${place.y})`}
    role="button" tabindex="0" aria-pressed=${String(chosen)}
    onClick=${choose} onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } }}>
    <${Outline} kind=${node.kind} />
    <g clip-path="url(#room-of-a-node)"><text class="title" x="10" y=${top + 19}>${name}</text>
      <text x="10" y=${top + 35}>${lines[0]}</text>
      <text x="10" y=${top + 50} class=${figures?.errors > 0 ? "bad" : ""}>${lines[1]}</text></g>
  </g>`;
}

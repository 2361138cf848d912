// Zipkin's JSON of version 1, in which a span is what several hosts have said about it: trace::formats::zipkin::v1. The sides of a call are
// told by pairs of annotations. A span that has both sides becomes two that share their id, as version 2 has it.

import { listOf, objectOf, textOf } from "./members.js";
import { CLIENT, CONSUMER, each, PRODUCER, SERVER, UNSPECIFIED } from "./spans.js";
import { asText } from "./values.js";
import { endpointOf, intoSpan, micros, NOBODY, sharedOf, spansIn } from "./zipkin.js";

/**
 * The first and last annotation of each side, what kind the side is, and which address names its other side.
 * @type {[string, string | null, number, string][]}
 */
const SIDES = [["cs", "cr", CLIENT, "sa"], ["sr", "ss", SERVER, "ca"], ["ms", null, PRODUCER, "ma"], ["mr", null, CONSUMER, "ma"]];
const ADDRESSES = ["sa", "ca", "ma"];

/**
 * @typedef {import("./zipkin.js").Endpoint} Endpoint
 * @typedef {import("./zipkin.js").ZipkinSpan} ZipkinSpan
 *
 * @typedef {object} V1Span
 * @property {ZipkinSpan} span what all sides share
 * @property {{ time: bigint, text: string, endpoint: Endpoint }[]} annotations
 * @property {{ key: string, text: string, endpoint: Endpoint }[]} tags
 * @property {{ key: string, endpoint: Endpoint }[]} addresses
 */

/**
 * @param {any} document
 * @returns {import("./spans.js").Sent[]}
 */
export function fromZipkinV1(document) {
  return each(spansIn(document), (one) => {
    const it = objectOf(one, "a span");
    const annotations = listOf(it, "annotations").map((one) => {
      const annotation = objectOf(one, "an annotation");
      return { time: micros(annotation, "timestamp"), text: textOf(annotation, "value"), endpoint: endpointOf(annotation, "endpoint") };
    });
    const pairs = listOf(it, "binaryAnnotations").map((one) => {
      const pair = objectOf(one, "a binary annotation");
      const [key, value] = [textOf(pair, "key"), pair.get("value")];
      return { key, text: asText(value), endpoint: endpointOf(pair, "endpoint"), address: ADDRESSES.includes(key) && value === true };
    });
    const span = { ...sharedOf(it), kind: UNSPECIFIED, local: NOBODY, remote: NOBODY, annotations: [], tags: [] };
    return sidesOf({ span, annotations, tags: pairs.filter((it) => !it.address), addresses: pairs.filter((it) => it.address) }).map(intoSpan);
  });
}

/**
 * One span for each side that has spoken; never none.
 * @param {V1Span} it
 */
function sidesOf(it) {
  /** @type {ZipkinSpan[]} */
  const sides = [];
  for (const [first, last, kind, address] of SIDES) {
    const [begin, end] = [first, last].map((name) => it.annotations.find(({ text }) => text === name));
    const spoke = begin ?? end;
    if (!spoke) continue;
    let { timestamp, duration } = it.span;
    // The span's own times are the first side's; the other side shares the span and has its own.
    if (sides.length > 0 || timestamp === 0n) [timestamp, duration] = [spoke.time, 0n];
    if (duration === 0n && end && end.time > timestamp) duration = end.time - timestamp;
    const remote = it.addresses.find(({ key }) => key === address)?.endpoint ?? NOBODY;
    sides.push({ ...it.span, kind, timestamp, duration, local: spoke.endpoint, remote, annotations: [], tags: [] });
  }
  if (sides.length === 0) sides.push(alone(it));
  handOut(it, sides);
  return sides;
}

/**
 * A span of which no side has said what it is: a local one.
 * @param {V1Span} it
 * @returns {ZipkinSpan}
 */
function alone({ span, annotations, tags, addresses }) {
  const local = [...annotations, ...tags].find(({ endpoint }) => endpoint.service !== "")?.endpoint ?? NOBODY;
  // Without sides, a server's address alone tells a client.
  const server = addresses.find(({ key }) => key === "sa");
  const earliest = annotations.reduce((least, { time }) => (least === null || time < least ? time : least), /** @type {bigint | null} */ (null));
  return { ...span, local, kind: server ? CLIENT : UNSPECIFIED, remote: server?.endpoint ?? NOBODY, timestamp: span.timestamp || (earliest ?? 0n), annotations: [], tags: [] };
}

/**
 * Gives what was said to the side that said it, and otherwise to the first.
 * @param {V1Span} it
 * @param {ZipkinSpan[]} sides
 */
function handOut({ annotations, tags }, sides) {
  const sideOf = (/** @type {Endpoint} */ endpoint) => {
    const same = sides.find(({ local }) => local.service === endpoint.service && local.address === endpoint.address && local.port === endpoint.port);
    return /** @type {ZipkinSpan} */ (same ?? sides[0]);
  };
  for (const { time, text, endpoint } of annotations) {
    // Of messages, the last annotation is none, which an empty text says in Rust too.
    if (!SIDES.some(([first, last]) => text === first || text === (last ?? ""))) sideOf(endpoint).annotations.push([time, text]);
  }
  for (const { key, text, endpoint } of tags) sideOf(endpoint).tags.push([key, text]);
}

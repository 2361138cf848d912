// Zipkin's JSON of version 2, and how a span of either version becomes one of OTLP's: trace::formats::zipkin.

import { Double, Json, Members } from "./json.js";
import { listOf, MOST_U32, MOST_U64, membersOf, objectOf, parseWhole, textOf, truthOf, wholeOf } from "./members.js";
import { beginning, compact, each, ERROR, exactId, INTERNAL, isZero, later, nanos, newSpan, sent, shortId, UNSET, UNSPECIFIED } from "./spans.js";
import { absorb, countOf, DROPPED_ATTRIBUTES, KIND, kindOf } from "./tags.js";
import { asText, attributesOf, said } from "./values.js";

/** The attributes that can name the other side, the best first. */
const REMOTE_NAMES = [
  "peer.service", "server.address", "net.peer.name", "network.peer.address", "server.socket.domain", "server.socket.address", "net.sock.peer.name", "net.sock.peer.addr", "peer.hostname",
  "peer.address", "db.name",
];
/** How many places of a text are tried as the beginning of its attributes. */
const TRIES = 8;

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./spans.js").Attribute} Attribute
 * @typedef {{ service: string, address: string, port: number }} Endpoint
 *
 * @typedef {object} ZipkinSpan times in microseconds, 0 if they are not said
 * @property {string} traceId
 * @property {string} id
 * @property {string} parentId empty if there is none
 * @property {number} kind
 * @property {string} name
 * @property {bigint} timestamp
 * @property {bigint} duration
 * @property {Endpoint} local
 * @property {Endpoint} remote
 * @property {[bigint, string][]} annotations
 * @property {[string, string][]} tags
 * @property {boolean} debug
 */

/** @type {Endpoint} */
export const NOBODY = { service: "", address: "", port: 0 };

/**
 * @param {any} document a list of spans, a list of traces, or one span
 * @returns {any[]} the spans
 */
export function spansIn(document) {
  return Array.isArray(document) ? document.flat() : [document];
}

/**
 * @param {any} document
 * @returns {Sent[]}
 */
export function fromZipkin(document) {
  return each(spansIn(document), (one) => {
    const it = objectOf(one, "a span");
    const tags = membersOf(it, "tags").map((key, value) => /** @type {[string, string]} */ ([key, asText(value)]));
    const name = textOf(it, "kind");
    const kind = kindOf(name) === INTERNAL ? UNSPECIFIED : kindOf(name);
    if (kind === UNSPECIFIED && name !== "") tags.push([KIND, name]);
    return intoSpan({
      ...sharedOf(it), kind, tags, local: endpointOf(it, "localEndpoint"), remote: endpointOf(it, "remoteEndpoint"),
      annotations: listOf(it, "annotations").map((one) => {
        const annotation = objectOf(one, "an annotation");
        return [micros(annotation, "timestamp"), textOf(annotation, "value")];
      }),
    });
  });
}

/**
 * What both versions say alike.
 * @param {Members} it
 */
export function sharedOf(it) {
  const parent = textOf(it, "parentId");
  const id = (/** @type {string} */ key, /** @type {number} */ digits, /** @type {boolean} */ zero) => {
    const read = shortId(textOf(it, key), digits);
    if (read === null || (isZero(read) && !zero)) throw new Error(`\`${key}\` is \`${beginning(textOf(it, key))}\`, which is not 1 to ${digits} hex digits or is zero`);
    return read;
  };
  return {
    traceId: id("traceId", 32, false), id: id("id", 16, false), parentId: parent === "" || isZero(id("parentId", 16, true)) ? "" : id("parentId", 16, true),
    name: textOf(it, "name"), timestamp: micros(it, "timestamp"), duration: micros(it, "duration"), debug: truthOf(it, "debug"),
  };
}

/**
 * @param {Members} it
 * @param {string} key
 * @returns {Endpoint}
 */
export function endpointOf(it, key) {
  const endpoint = membersOf(it, key);
  // Java has no unsigned numbers, and old libraries wrote ports above 32767 as negative ones.
  const port = Number(wholeOf(endpoint, "port", MOST_U64 >> 1n, -(2n ** 63n)) & 0xffffn);
  return { service: textOf(endpoint, "serviceName"), address: textOf(endpoint, (endpoint.get("ipv4") ?? null) === null ? "ipv6" : "ipv4"), port };
}

/**
 * Microseconds as a number or as text.
 * @param {Members} it
 * @param {string} key
 * @returns {bigint}
 */
export function micros(it, key) {
  const value = it.get(key) ?? 0n;
  const number = value instanceof Double ? value.value : -1;
  const read = typeof value === "string" ? parseWhole(value, MOST_U64) : number >= 0 ? BigInt(Math.trunc(Math.min(number, 2 ** 64))) : value;
  if (typeof read !== "bigint" || read < 0n) throw new Error(`\`${key}\`: expected whole microseconds, not negative`);
  return read > MOST_U64 ? MOST_U64 : read;
}

/**
 * @param {ZipkinSpan} it
 * @returns {Sent}
 */
export function intoSpan(it) {
  const start = nanos(it.timestamp);
  const span = newSpan({
    traceId: it.traceId, spanId: it.id, parentSpanId: it.parentId, kind: it.kind, name: it.name, startTimeUnixNano: start, endTimeUnixNano: later(start, nanos(it.duration)),
    events: it.annotations.map(([time, text]) => eventOf(String(nanos(time)), text)),
  });
  for (const [key, text] of it.tags) {
    const link = linkOf(key, text);
    if (link) span.links.push(link);
    else span.attributes.push(said(key, text));
  }
  const has = (/** @type {string} */ key, /** @type {string} */ text) => span.attributes.some((it) => it.key === key && it.value.stringValue === text);
  // An address becomes an attribute, with its port, unless an attribute says it already, under whichever name.
  const endpoint = (/** @type {Endpoint} */ { address, port }, /** @type {string} */ side, /** @type {string[]} */ others) => {
    const known = [address === "" || others.some((key) => has(key, address)), port === 0 || span.attributes.some((it) => it.key.endsWith(".port") && it.value.stringValue === String(port))];
    if (!known[0]) span.attributes.push(said(`network.${side}.address`, address));
    if (!known[1]) span.attributes.push(said(`network.${side}.port`, String(port)));
  };
  endpoint(it.local, "local", ["network.local.address"]);
  const { service } = it.remote;
  const named = span.attributes.some((it) => it.key === "peer.service") || REMOTE_NAMES.some((key) => has(key, service));
  if (service !== "" && !named) span.attributes.push(said("peer.service", service));
  endpoint(it.remote, "peer", REMOTE_NAMES);
  if (it.debug) span.attributes.push({ key: "zipkin.debug", value: { boolValue: true } });
  const scope = absorb(span);
  // What says the kind in a field of its own is the better witness.
  span.kind = it.kind || span.kind;
  errorTag(span);
  return sent(compact({ attributes: it.local.service === "" ? [] : [said("service.name", it.local.service)] }), scope, span);
}

/**
 * `error` is an error's description in Zipkin, and having it is how a span says that it failed.
 * @param {import("./spans.js").Span} span
 */
function errorTag(span) {
  const place = span.attributes.findIndex((it) => it.key === "error");
  const text = span.attributes[place]?.value.stringValue;
  if (text === undefined || !(span.status.code === ERROR || (span.status.code === UNSET && text !== "false"))) return;
  span.status.code = ERROR;
  if (span.status.message === "" && text !== "true") span.status.message = text;
  span.attributes.splice(place, 1);
}

/**
 * The event that an annotation is: `"name": {…}` as OpenTelemetry's exporters write it, `name|{…}|0` as the Collector does, and otherwise the
 * text is its name.
 * @param {string} timeUnixNano
 * @param {string} text
 */
function eventOf(timeUnixNano, text) {
  const { name, attributes, dropped } = quoted(text) ?? barred(text) ?? { name: text, attributes: [], dropped: 0 };
  let droppedAttributesCount = dropped;
  const rest = attributes.filter((it) => {
    const count = it.key === DROPPED_ATTRIBUTES ? countOf(it.value) : null;
    droppedAttributesCount = count ?? droppedAttributesCount;
    return count === null;
  });
  return compact({ timeUnixNano, name, attributes: rest, droppedAttributesCount });
}

/** @param {string} text */
function quoted(text) {
  if (!text.startsWith('"')) return null;
  const json = new Json(text);
  try {
    const name = json.value();
    const attributes = json.takes(":") ? object(text.slice(json.at)) : null;
    return attributes && { name, attributes, dropped: 0 };
  } catch {
    return null;
  }
}

/** @param {string} text */
function barred(text) {
  const bar = text.lastIndexOf("|");
  const dropped = bar < 0 ? null : parseWhole(text.slice(bar + 1), MOST_U32);
  const read = dropped === null ? null : split(text.slice(0, bar));
  return read && { name: read.before, attributes: read.attributes, dropped: Number(dropped) };
}

/**
 * What stands before a bar and an object that ends the text.
 * @param {string} text
 */
function split(text) {
  let place = text.indexOf("|{");
  for (let tries = 0; place >= 0 && tries < TRIES; tries += 1) {
    const attributes = object(text.slice(place + 1));
    if (attributes) return { before: text.slice(0, place), attributes };
    place = text.indexOf("|{", place + 2);
  }
  return null;
}

/**
 * @param {string} text
 * @returns {Attribute[] | null}
 */
function object(text) {
  try {
    const read = new Json(text).only();
    return read instanceof Members ? attributesOf(read) : null;
  } catch {
    return null;
  }
}

/**
 * The link that a tag is, if it is one, as the Collector writes them: `otlp.link.0` with
 * `trace|span|trace state|{attributes}|dropped attributes`.
 * @param {string} key
 * @param {string} text
 */
function linkOf(key, text) {
  if (!/^otlp\.link\.\+?\d+$/.test(key)) return null;
  const [trace, span, ...rest] = text.split("|");
  const read = barred(rest.join("|"));
  if (trace === undefined || span === undefined || !read) return null;
  const ids = { traceId: trace && exactId(trace, 32), spanId: span && exactId(span, 16) };
  if (ids.traceId === null || ids.spanId === null) return null;
  return compact({ ...ids, traceState: read.name, attributes: read.attributes, droppedAttributesCount: read.dropped });
}

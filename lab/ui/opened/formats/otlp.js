// OTLP's JSON, as trace::otlp::json reads it: ids in hex, whole numbers as numbers or as text, null for what is not said.

import { Double, Members } from "./json.js";
import { listOf, MOST_I64, MOST_U32, MOST_U64, membersOf, objectOf, parseWhole, textOf } from "./members.js";
import { bounded, compact, exactId, isZero, newSpan, sent } from "./spans.js";
import { doubleValue } from "./values.js";

const DOUBLE = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const [LEAST_I64, LEAST_I32, MOST_I32] = [-(2n ** 63n), -(2n ** 31n), 2n ** 31n - 1n];

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./spans.js").Attribute} Attribute
 */

/**
 * @param {Members} document with `resourceSpans`
 * @returns {Sent[]}
 */
export function fromOtlp(document) {
  const spans = listOf(document, "resourceSpans").flatMap((group) => {
    const it = objectOf(group, "the spans of a resource");
    const resource = resourceOf(membersOf(it, "resource"));
    return listOf(it, "scopeSpans").flatMap((group) => {
      const it = objectOf(group, "the spans of a scope");
      const scope = scopeOf(membersOf(it, "scope"));
      const list = listOf(it, "spans");
      bounded(list.length);
      return list.map((span) => sent(resource, scope, spanOf(objectOf(span, "a span"))));
    });
  });
  bounded(spans.length);
  return spans;
}

/** @param {Members} it */
function resourceOf(it) {
  const entities = listOf(it, "entityRefs").map((one) => {
    const entity = objectOf(one, "an entity");
    return compact({ schemaUrl: textOf(entity, "schemaUrl"), type: textOf(entity, "type"), idKeys: listOf(entity, "idKeys"), descriptionKeys: listOf(entity, "descriptionKeys") });
  });
  return compact({ ...attributed(it), entityRefs: entities });
}

/** @param {Members} it */
function scopeOf(it) {
  return compact({ name: textOf(it, "name"), version: textOf(it, "version"), ...attributed(it) });
}

/** @param {Members} it */
function spanOf(it) {
  const status = membersOf(it, "status");
  const parent = textOf(it, "parentSpanId");
  return newSpan({
    traceId: idOf(textOf(it, "traceId"), 32, "the trace id"),
    spanId: idOf(textOf(it, "spanId"), 16, "the span id"),
    traceState: textOf(it, "traceState"),
    parentSpanId: parent && (exactId(parent, 16) ?? refuse("the parent's span id is neither 8 bytes nor absent")),
    flags: count(it, "flags"), name: textOf(it, "name"), kind: number(it, "kind", MOST_I32, LEAST_I32),
    startTimeUnixNano: whole(it, "startTimeUnixNano", MOST_U64), endTimeUnixNano: whole(it, "endTimeUnixNano", MOST_U64),
    ...attributed(it),
    events: listOf(it, "events").map((one) => {
      const event = objectOf(one, "an event");
      return compact({ timeUnixNano: String(whole(event, "timeUnixNano", MOST_U64)), name: textOf(event, "name"), ...attributed(event) });
    }),
    droppedEventsCount: count(it, "droppedEventsCount"),
    links: listOf(it, "links").map((one) => linkOf(objectOf(one, "a link"))),
    droppedLinksCount: count(it, "droppedLinksCount"),
    status: { message: textOf(status, "message"), code: number(status, "code", MOST_I32, LEAST_I32) },
  });
}

/** @param {Members} it */
function linkOf(it) {
  const [trace, span] = [textOf(it, "traceId"), textOf(it, "spanId")];
  const ids = { traceId: trace && exactId(trace, 32), spanId: span && exactId(span, 16) };
  if (ids.traceId === null || ids.spanId === null) refuse("a link's ids are not of 16 and 8 bytes");
  return compact({ ...ids, traceState: textOf(it, "traceState"), ...attributed(it), flags: count(it, "flags") });
}

/**
 * @param {string} text
 * @param {number} digits
 * @param {string} what
 */
export function idOf(text, digits, what) {
  const id = exactId(text, digits);
  return id === null || isZero(id) ? refuse(`${what} is not ${digits / 2} bytes, or all zero`) : id;
}

/**
 * @param {string} what
 * @returns {never}
 */
export function refuse(what) {
  throw new Error(`a span is not valid: ${what}`);
}

/** @param {Members} it */
function attributed(it) {
  return { attributes: attributes(listOf(it, "attributes")), droppedAttributesCount: count(it, "droppedAttributesCount") };
}

/**
 * @param {any[]} list
 * @returns {Attribute[]}
 */
function attributes(list) {
  return list.map((one) => {
    const it = objectOf(one, "an attribute");
    return { key: textOf(it, "key"), value: value(it.get("value")) };
  });
}

/**
 * An attribute's value; null and an object without a known field are the empty one.
 * @param {any} it
 * @returns {Record<string, any>}
 */
function value(it) {
  if (it === null || it === undefined) return {};
  const members = objectOf(it, "an attribute's value");
  const read = members.map((kind, said) => (said === null ? null : known(members, kind, said)));
  return read.findLast((one) => one !== null) ?? {};
}

/**
 * @param {Members} it
 * @param {string} kind
 * @param {any} said
 */
function known(it, kind, said) {
  switch (kind) {
    case "stringValue":
      return { stringValue: typeof said === "string" ? said : wrong(kind) };
    case "boolValue":
      return { boolValue: typeof said === "boolean" ? said : wrong(kind) };
    case "intValue":
      return { intValue: String(whole(it, kind, MOST_I64, LEAST_I64)) };
    case "doubleValue":
      return doubleValue(double(said) ?? wrong(kind));
    case "bytesValue":
      return { bytesValue: base64(said) ?? wrong(kind) };
    case "arrayValue":
      return { arrayValue: compact({ values: listOf(membersOf(it, kind), "values").map(value) }) };
    case "kvlistValue":
      return { kvlistValue: compact({ values: attributes(listOf(membersOf(it, kind), "values")) }) };
    default:
      return null;
  }
}

/**
 * A floating point number, or text that is one.
 * @param {any} it
 */
export function double(it) {
  if (typeof it === "bigint") return Number(it);
  if (it instanceof Double) return it.value;
  if (typeof it !== "string") return null;
  if (DOUBLE.test(it)) return Number(it);
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(it);
  if (!word) return null;
  return word[2]?.toLowerCase() === "nan" ? Number.NaN : word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/**
 * Bytes in base64, also the one for addresses, in the standard's form.
 * @param {any} it
 */
function base64(it) {
  try {
    return typeof it === "string" ? btoa(atob(it.replaceAll("-", "+").replaceAll("_", "/"))) : null;
  } catch {
    return null;
  }
}

/**
 * @param {Members} it
 * @param {string} key
 */
function count(it, key) {
  return number(it, key, MOST_U32, 0n);
}

/**
 * @param {Members} it
 * @param {string} key
 * @param {bigint} most
 * @param {bigint} least
 */
function number(it, key, most, least) {
  return Number(whole(it, key, most, least));
}

/**
 * @param {Members} it
 * @param {string} key
 * @param {bigint} most
 * @param {bigint} [least]
 * @returns {bigint}
 */
function whole(it, key, most, least = 0n) {
  const said = it.get(key) ?? 0n;
  const value = typeof said === "string" ? parseWhole(said, most, least) : typeof said === "bigint" && said >= least && said <= most ? said : null;
  return value ?? wrong(key);
}

/**
 * @param {string} key
 * @returns {never}
 */
function wrong(key) {
  throw new Error(`\`${key}\` has a value that it cannot have`);
}

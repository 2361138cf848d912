// What every reader makes: spans as OTLP's JSON has them, without the members that have their defaults. And what all of them keep to:
// how many spans are read, and which ids are ids.

import { MOST_U64 } from "./members.js";

/**
 * @typedef {import("../../trace/detail.js").Sent} Sent
 * @typedef {import("./values.js").Attribute} Attribute
 *
 * @typedef {object} Span
 * @property {string} traceId
 * @property {string} spanId
 * @property {string} traceState
 * @property {string} parentSpanId
 * @property {number} flags
 * @property {string} name
 * @property {number} kind
 * @property {bigint | string} startTimeUnixNano
 * @property {bigint | string} endTimeUnixNano
 * @property {Attribute[]} attributes
 * @property {number} droppedAttributesCount
 * @property {object[]} events
 * @property {number} droppedEventsCount
 * @property {object[]} links
 * @property {number} droppedLinksCount
 * @property {{ message: string, code: number }} status
 */

/** The most spans that are read. */
const MOST = 200_000;
/** Kinds. */
export const UNSPECIFIED = 0;
export const INTERNAL = 1;
export const SERVER = 2;
export const CLIENT = 3;
export const PRODUCER = 4;
export const CONSUMER = 5;
/** Status codes. */
export const UNSET = 0;
export const OK = 1;
export const ERROR = 2;

/**
 * @param {Partial<Span>} known
 * @returns {Span}
 */
export function newSpan(known) {
  return {
    traceId: "", spanId: "", traceState: "", parentSpanId: "", flags: 0, name: "", kind: UNSPECIFIED, startTimeUnixNano: 0n, endTimeUnixNano: 0n, attributes: [], droppedAttributesCount: 0,
    events: [], droppedEventsCount: 0, links: [], droppedLinksCount: 0, status: { message: "", code: UNSET }, ...known,
  };
}

/**
 * @param {object} resource
 * @param {object} scope
 * @param {Span} span
 * @returns {Sent}
 */
export function sent(resource, scope, span) {
  const status = span.status.code !== UNSET || span.status.message !== "" ? compact(span.status) : undefined;
  return { resource, scope, span: compact({ ...span, startTimeUnixNano: String(span.startTimeUnixNano), endTimeUnixNano: String(span.endTimeUnixNano), status }) };
}

/**
 * Without members that are empty or 0, which OTLP's JSON leaves out.
 * @param {Record<string, any>} object
 * @returns {Record<string, any>}
 */
export function compact(object) {
  /** @type {Record<string, any>} */
  const rest = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value !== "" && value !== 0 && value !== undefined && !(Array.isArray(value) && value.length === 0)) rest[key] = value;
  }
  return rest;
}

/** @param {number} spans how many there are so far */
export function bounded(spans) {
  if (spans > MOST) throw new Error(`it has more than ${MOST} spans: open it with \`faultmart lab FILE\``);
}

/**
 * Reads items one by one, and says of which one an error is.
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => R | R[]} read
 * @returns {R[]}
 */
export function each(items, read) {
  bounded(items.length);
  return items.flatMap((item, at) => {
    try {
      return read(item);
    } catch (error) {
      throw new Error(`item ${at + 1}: ${/** @type {Error} */ (error).message}`);
    }
  });
}

/**
 * Microseconds in nanoseconds, or the latest time that there is.
 * @param {bigint} us
 */
export function nanos(us) {
  return us > MOST_U64 / 1000n ? MOST_U64 : us * 1000n;
}

/**
 * @param {bigint} time
 * @param {bigint} duration
 */
export function later(time, duration) {
  const end = time + duration;
  if (end > MOST_U64) return MOST_U64;
  return end;
}

/**
 * An id of so many hex digits; null if it is none.
 * @param {string} text
 * @param {number} digits
 */
export function exactId(text, digits) {
  return text.length === digits && /^[0-9a-f]*$/i.test(text) ? text.toLowerCase() : null;
}

/**
 * An id that may lack its leading zeros; null if it is none.
 * @param {string} text
 * @param {number} digits
 */
export function shortId(text, digits) {
  return text !== "" && text.length <= digits ? exactId(text.padStart(digits, "0"), digits) : null;
}

/** @param {string} id */
export const isZero = (id) => /^0*$/.test(id);
/** @param {string} text of any length */
export const beginning = (text) => text.slice(0, 64);

// What a format without fields for it tells as attributes of the span, by OpenTelemetry's rules: trace::formats::tags.

import { MOST_U32, parseWhole } from "./members.js";
import { compact, ERROR, OK, UNSET } from "./spans.js";

const KINDS = ["", "internal", "server", "client", "producer", "consumer"];
export const DROPPED_ATTRIBUTES = "otel.dropped_attributes_count";
export const KIND = "span.kind";

/** @typedef {import("./spans.js").Attribute} Attribute */

/**
 * The kind of this name, in whatever case; 0 if there is none.
 * @param {string} name
 */
export function kindOf(name) {
  return Math.max(KINDS.indexOf(name.toLowerCase()), 0);
}

/**
 * A count as a number or as text; null if it is none.
 * @param {Record<string, any>} value
 */
export function countOf(value) {
  const count = parseWhole(value.intValue ?? value.stringValue ?? "", MOST_U32);
  return count === null ? null : Number(count);
}

/**
 * Takes the attributes that stand for fields out of a span and puts them where they belong. What has such a key and makes no sense there
 * stays an attribute.
 * @param {import("./spans.js").Span} span
 * @returns {object} the scope
 */
export function absorb(span) {
  const texts = { scopeName: "", scopeVersion: "", traceState: span.traceState, message: "" };
  let code = UNSET;
  const take = (/** @type {"scopeName" | "scopeVersion" | "traceState" | "message"} */ field, /** @type {string} */ text) => {
    texts[field] ||= text;
    return texts[field] === text;
  };
  const count = (/** @type {"droppedAttributesCount" | "droppedEventsCount" | "droppedLinksCount"} */ field, /** @type {Record<string, any>} */ value) => {
    const read = countOf(value);
    span[field] = read ?? span[field];
    return read !== null;
  };
  const status = (/** @type {Record<string, any>} */ value) => {
    const name = value.stringValue?.replace(/^(STATUS_CODE_)+/, "");
    // Numbers are how Jaeger wrote it before there were names.
    const read = name === undefined ? [UNSET, OK, ERROR].indexOf(Number(value.intValue ?? -1)) : [["UNSET", "Unset"], ["OK", "Ok"], ["ERROR", "Error"]].findIndex((names) => names.includes(name));
    // That nothing is said, by name, unsays nothing.
    if (read >= 0 && name !== "UNSET" && name !== "Unset") code = read;
    return read >= 0;
  };
  const field = (/** @type {string} */ key, /** @type {string} */ text) => {
    switch (key) {
      case "otel.scope.name":
      case "otel.library.name":
        return take("scopeName", text);
      case "otel.scope.version":
      case "otel.library.version":
        return take("scopeVersion", text);
      case "w3c.tracestate":
        return take("traceState", text);
      case "otel.status_description":
        return take("message", text);
      case KIND:
        span.kind = kindOf(text) || span.kind;
        return kindOf(text) > 0;
      default:
        return false;
    }
  };
  const taken = (/** @type {Attribute} */ { key, value }) => {
    switch (key) {
      case "otel.status_code":
        return status(value);
      case DROPPED_ATTRIBUTES:
        return count("droppedAttributesCount", value);
      case "otel.dropped_events_count":
        return count("droppedEventsCount", value);
      case "otel.dropped_links_count":
        return count("droppedLinksCount", value);
      default:
        return value.stringValue !== undefined && field(key, value.stringValue);
    }
  };
  span.attributes = span.attributes.filter((it) => !taken(it));
  span.traceState = texts.traceState;
  span.status = { message: texts.message, code };
  return compact({ name: texts.scopeName, version: texts.scopeVersion });
}

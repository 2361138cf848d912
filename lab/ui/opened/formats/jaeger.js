// Jaeger's JSON: the list of traces of its page and first API, one trace, and OTLP as its third API answers it: trace::formats::jaeger.

import { Members } from "./json.js";
import { listOf, MOST_I64, MOST_U32, MOST_U64, membersOf, objectOf, parseWhole, textOf, wholeOf } from "./members.js";
import { double, fromOtlp } from "./otlp.js";
import { beginning, bounded, compact, each, ERROR, isZero, later, nanos, newSpan, sent, shortId, UNSET } from "./spans.js";
import { absorb, countOf, DROPPED_ATTRIBUTES } from "./tags.js";
import { doubleValue, said, native } from "./values.js";

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./spans.js").Attribute} Attribute
 * @typedef {{ childOf: boolean, traceId: string, spanId: string }} Reference
 */

/**
 * @param {any} document
 * @returns {Sent[]}
 */
export function fromJaeger(document) {
  if (Array.isArray(document)) return fromTraces(document);
  const it = objectOf(document, "traces");
  const [data, result] = [it.get("data") ?? null, it.get("result") ?? null];
  if (result !== null) return fromOtlp(objectOf(result, "`result`"));
  if (it.has("resourceSpans")) return fromOtlp(it);
  if (data !== null) return data instanceof Members ? fromTrace(data) : fromTraces(listOf(it, "data"));
  if (it.has("spans")) return fromTrace(it);
  const problem = listOf(it, "errors")[0];
  if (problem) throw new Error(`it holds no trace but Jaeger's answer \`${textOf(objectOf(problem, "an error"), "msg")}\``);
  throw new Error("an object without `data`, `spans` or `result`");
}

/**
 * @param {any[]} traces
 * @returns {Sent[]}
 */
function fromTraces(traces) {
  /** @type {Sent[]} */
  const spans = [];
  for (const trace of traces) {
    for (const one of fromTrace(objectOf(trace, "a trace"))) spans.push(one);
    bounded(spans.length);
  }
  return spans;
}

/** @param {Members} trace */
function fromTrace(trace) {
  const processes = new Map(membersOf(trace, "processes").map((id, process) => [id, resourceOf(objectOf(process, "a process"))]));
  return each(listOf(trace, "spans"), (one) => {
    const it = objectOf(one, "a span");
    const id = textOf(it, "processID");
    // In the form that is kept in a search engine, the process is in the span and not in a table.
    const own = it.get("process") ?? null;
    const resource = own === null ? (processes.get(id) ?? (id === "" ? {} : null)) : resourceOf(objectOf(own, "a process"));
    if (resource === null) throw new Error(`\`processID\` is \`${beginning(id)}\`, which is not in \`processes\``);
    return fromSpan(it, resource);
  });
}

/** @param {Members} process */
function resourceOf(process) {
  return { attributes: [said("service.name", textOf(process, "serviceName")), ...tagsOf(process, "tags")] };
}

/**
 * @param {Members} it
 * @param {object} resource
 * @returns {Sent}
 */
function fromSpan(it, resource) {
  const traceId = traceIdOf(textOf(it, "traceID"));
  const spanId = spanIdOf(textOf(it, "spanID"));
  if (isZero(spanId)) throw new Error("the span id is zero");
  const references = listOf(it, "references").map((one) => {
    const reference = objectOf(one, "a reference");
    return { childOf: textOf(reference, "refType") === "CHILD_OF", traceId: traceIdOf(textOf(reference, "traceID")), spanId: spanIdOf(textOf(reference, "spanID")) };
  });
  const old = textOf(it, "parentSpanID");
  const parentSpanId = parentOf(references, traceId) ?? (old === "" || isZero(spanIdOf(old)) ? "" : spanIdOf(old));
  const start = nanos(wholeOf(it, "startTime", MOST_U64));
  const span = newSpan({
    traceId, spanId, parentSpanId, flags: Number(wholeOf(it, "flags", MOST_U32)), name: textOf(it, "operationName"),
    startTimeUnixNano: start, endTimeUnixNano: later(start, nanos(wholeOf(it, "duration", MOST_U64))),
    attributes: tagsOf(it, "tags"), events: listOf(it, "logs").map((log) => eventOf(objectOf(log, "a log"))), links: linksOf(references, traceId, parentSpanId),
  });
  const scope = absorb(span);
  errorTag(span);
  const warnings = listOf(it, "warnings");
  if (warnings.length > 0) span.attributes.push({ key: "@jaeger@warnings", value: native(warnings) });
  return sent(resource, scope, span);
}

/**
 * The first CHILD_OF of the same trace, or else the first FOLLOWS_FROM, as Jaeger itself has it.
 * @param {Reference[]} references
 * @param {string} traceId
 */
function parentOf(references, traceId) {
  const same = references.filter((it) => it.traceId === traceId && !isZero(it.spanId));
  return (same.find((it) => it.childOf) ?? same[0])?.spanId;
}

/**
 * All references but the one that is the parent by CHILD_OF.
 * @param {Reference[]} references
 * @param {string} traceId
 * @param {string} parent
 */
function linksOf(references, traceId, parent) {
  const first = references.findIndex((it) => it.childOf && it.traceId === traceId && it.spanId === parent);
  return references.filter((_, at) => at !== first).map((it) => compact({ traceId: it.traceId, spanId: it.spanId, attributes: it.childOf ? [said("opentracing.ref_type", "child_of")] : [] }));
}

/** @param {Members} log */
function eventOf(log) {
  let fields = tagsOf(log, "fields");
  const named = fields.find((it) => it.key === "event" && it.value.stringValue !== undefined);
  let droppedAttributesCount = 0;
  fields = fields.filter((it) => {
    const count = it.key === DROPPED_ATTRIBUTES ? countOf(it.value) : null;
    droppedAttributesCount = count ?? droppedAttributesCount;
    return it !== named && count === null;
  });
  return compact({ timeUnixNano: String(nanos(wholeOf(log, "timestamp", MOST_U64))), name: named?.value.stringValue ?? "", attributes: fields, droppedAttributesCount });
}

/**
 * `error` beside a status says it once more and goes; alone it is how a status was said before there was one, and stays.
 * @param {import("./spans.js").Span} span
 */
function errorTag(span) {
  const place = span.attributes.findLastIndex((it) => it.key === "error" && (it.value.boolValue === true || it.value.stringValue === "true"));
  if (place < 0) return;
  if (span.status.code === ERROR) span.attributes.splice(place, 1);
  else if (span.status.code === UNSET) span.status.code = ERROR;
}

/**
 * @param {Members} it
 * @param {string} key
 * @returns {Attribute[]}
 */
function tagsOf(it, key) {
  return listOf(it, key).map((one) => {
    const tag = objectOf(one, "a tag");
    const value = tag.get("value");
    return { key: textOf(tag, "key"), value: typed(textOf(tag, "type"), value) ?? native(value) };
  });
}

/**
 * A tag's value by its type: numbers may be text, which is how Jaeger writes what JavaScript would round. Null for what does not fit its
 * type, or needs none.
 * @param {string} type
 * @param {any} value
 */
function typed(type, value) {
  const text = typeof value === "string" ? value : null;
  switch (type) {
    case "bool":
      return text === "true" || text === "false" ? { boolValue: text === "true" } : null;
    case "int64":
    case "long": {
      const whole = text === null ? null : parseWhole(text, MOST_I64, -MOST_I64 - 1n);
      return whole === null ? null : { intValue: String(whole) };
    }
    case "float64":
    case "double": {
      const number = double(value);
      return number === null ? null : doubleValue(number);
    }
    case "binary":
      return text !== null && isBase64(text) ? { bytesValue: text } : null;
    default:
      return null;
  }
}

/** @param {string} text */
function isBase64(text) {
  try {
    return btoa(atob(text)) === text;
  } catch {
    return false;
  }
}

/** @param {string} text */
function traceIdOf(text) {
  const id = shortId(text, 32);
  if (id === null || isZero(id)) throw new Error(`trace id \`${beginning(text)}\` is not 1 to 32 hex digits, or is zero`);
  return id;
}

/** @param {string} text */
function spanIdOf(text) {
  const id = shortId(text, 16);
  if (id === null) throw new Error(`span id \`${beginning(text)}\` is not 1 to 16 hex digits`);
  return id;
}

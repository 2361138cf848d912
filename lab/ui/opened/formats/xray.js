// AWS X-Ray's segment documents: one after another, in lists, and as text in the answers and requests of X-Ray's API: trace::formats::xray.

import { unitsOf } from "./decimal.js";
import { Double, Json, Members } from "./json.js";
import { listOf, MOST_U64, membersOf, objectOf, parseWhole, textOf, truthOf } from "./members.js";
import { eventOf, fill, resourceOf } from "./sidecar.js";
import { beginning, bounded, CLIENT, compact, ERROR, exactId, INTERNAL, isZero, newSpan, SERVER, sent, shortId } from "./spans.js";
import { asText, attributesOf, said, native } from "./values.js";

/** How deep subsegments may be embedded, and documents be wrapped in answers. */
const [DEEPEST, DEEPEST_WRAPPING] = [128, 6];
/** What `metadata.otel.format` of our own documents is. */
const OWN = "faultmart.span/1";
/** @type {[string, string][]} what the fields of blocks are called in OpenTelemetry's conventions */
const REQUEST = [["method", "http.request.method"], ["url", "url.full"], ["user_agent", "user_agent.original"], ["client_ip", "client.address"]];
/** @type {[string, string][]} */
const RESPONSE = [["status", "http.response.status_code"], ["content_length", "http.response.body.size"]];
/** @type {[string, string][]} */
const SQL = [["sanitized_query", "db.query.text"], ["database_type", "db.system.name"], ["user", "db.user"]];

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./spans.js").Span} Span
 * @typedef {import("./spans.js").Attribute} Attribute
 * @typedef {{ traceId: string, parent: string, resource: object | null, depth: number }} Around what a subsegment takes over from the segment that it is embedded in
 */

/**
 * @param {any[]} values
 * @returns {Sent[]}
 */
export function fromXray(values) {
  /** @type {Sent[]} */
  const spans = [];
  for (const [at, document] of values.flatMap((it) => documentsIn(it, 0)).entries()) {
    try {
      segments(document, { traceId: "", parent: "", resource: null, depth: 0 }, spans);
    } catch (error) {
      throw new Error(`item ${at + 1}: ${/** @type {Error} */ (error).message}`);
    }
  }
  return spans;
}

/**
 * The documents in whatever they are wrapped.
 * @param {any} it
 * @param {number} depth answers hold traces, which hold segments, which hold documents as text
 * @returns {any[]}
 */
function documentsIn(it, depth) {
  if (depth > DEEPEST_WRAPPING) throw new Error("documents wrapped in one another too often");
  const inner = typeof it === "string" ? [parsed(it)] : Array.isArray(it) ? it : it instanceof Members ? inside(it) : null;
  return inner ? inner.flatMap((it) => documentsIn(it, depth + 1)) : [it];
}

/** @param {string} text */
function parsed(text) {
  try {
    return new Json(text).only();
  } catch (error) {
    throw new Error(`a document that is no JSON: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * What is inside, unless it is a document itself.
 * @param {Members} it
 */
function inside(it) {
  for (const key of ["Traces", "Segments", "TraceSegmentDocuments"]) {
    const list = it.get(key);
    if (Array.isArray(list)) return list;
  }
  const document = it.get("Document");
  if (typeof document === "string") return [document];
  // The line that a daemon's client sends before a document.
  return it.has("format") && !it.has("id") ? [] : null;
}

/**
 * A segment, and what is embedded in it.
 * @param {any} document
 * @param {Around} around
 * @param {Sent[]} into
 */
function segments(document, around, into) {
  if (around.depth > DEEPEST) throw new Error(`subsegments embedded deeper than ${DEEPEST}`);
  bounded(into.length + 1);
  const it = objectOf(document, "a document");
  const traceId = (it.get("trace_id") ?? null) === null ? around.traceId : traceIdOf(textOf(it, "trace_id"));
  if (traceId === null) throw new Error(`\`trace_id\` is \`${beginning(textOf(it, "trace_id"))}\`, not 1-8-24 hex digits`);
  const [start, end] = [time(it, "start_time"), time(it, "end_time")];
  const span = newSpan({ traceId, spanId: spanIdOf(it, "id"), parentSpanId: spanIdOf(it, "parent_id") || around.parent });
  if (traceId === "" || span.spanId === "" || start === null) throw new Error(`no \`${traceId === "" ? "trace_id" : start === null ? "start_time" : "id"}\``);
  [span.startTimeUnixNano, span.endTimeUnixNano] = [start, end ?? start];
  const made = own(it, span) ?? foreign(it, around, span, end === null);
  into.push(sent(made.resource, made.scope, span));
  for (const one of listOf(it, "subsegments")) segments(one, { traceId, parent: span.spanId, resource: made.resource, depth: around.depth + 1 }, into);
}

/**
 * A span that we wrote: what it was is said in full.
 * @param {Members} it
 * @param {Span} span
 */
function own(it, span) {
  const metadata = it.get("metadata");
  const otel = metadata instanceof Members ? metadata.get("otel") : null;
  if (!(otel instanceof Members) || otel.get("format") !== OWN) return null;
  const scope = fill(otel, span);
  span.name = textOf(otel, "name");
  span.events = listOf(otel, "events").map((one) => {
    const event = objectOf(one, "an event");
    const time = parseWhole(textOf(event, "time_unix_ns"), MOST_U64);
    if (time === null) throw new Error("an event without `time_unix_ns`");
    return eventOf(event, time, textOf(event, "name"));
  });
  return { resource: resourceOf(membersOf(otel, "resource")), scope };
}

/**
 * Anyone's segment.
 * @param {Members} it
 * @param {Around} around
 * @param {Span} span
 * @param {boolean} endless
 */
function foreign(it, around, span, endless) {
  const subsegment = around.depth > 0 || textOf(it, "type") === "subsegment";
  const namespace = textOf(it, "namespace");
  span.kind = !subsegment ? SERVER : namespace === "aws" || namespace === "remote" ? CLIENT : INTERNAL;
  span.name = textOf(it, "name");
  const add = (/** @type {string} */ key, /** @type {string} */ text) => text !== "" && span.attributes.push(said(key, text));
  add("aws.xray.namespace", namespace);
  add("aws.xray.origin", textOf(it, "origin"));
  add("enduser.id", textOf(it, "user"));
  const progress = (it.get("in_progress") ?? null) === null ? endless : truthOf(it, "in_progress");
  const flags = ["error", "throttle", "fault"].filter((flag) => truthOf(it, flag));
  for (const flag of progress ? [...flags, "in_progress"] : flags) span.attributes.push({ key: `aws.xray.${flag}`, value: { boolValue: true } });
  if (flags.length > 0) span.status.code = ERROR;
  const http = membersOf(it, "http");
  span.attributes.push(
    ...renamed(membersOf(http, "request"), "http.request.", REQUEST), ...renamed(membersOf(http, "response"), "http.response.", RESPONSE), ...renamed(membersOf(it, "sql"), "sql.", SQL),
    ...renamed(membersOf(it, "aws"), "aws.", []), ...attributesOf(membersOf(it, "annotations")), ...attributesOf(membersOf(it, "metadata"), "aws.xray.metadata."),
  );
  cause(it.get("cause") ?? null, span);
  for (const id of listOf(it, "precursor_ids")) span.links.push(compact({ traceId: span.traceId, spanId: spanIdOf(new Members(["precursor_ids", id]), "precursor_ids") }));
  for (const one of listOf(it, "links")) {
    const link = objectOf(one, "a link");
    span.links.push(compact({ traceId: traceIdOf(textOf(link, "trace_id")) ?? "", spanId: spanIdOf(link, "id"), attributes: attributesOf(membersOf(link, "attributes")) }));
  }
  return { resource: around.resource ?? ownResource(it, subsegment, span.name), scope: {} };
}

/**
 * A segment is named after its service. An independent subsegment does not say whose it is.
 * @param {Members} it
 * @param {boolean} subsegment
 * @param {string} name
 */
function ownResource(it, subsegment, name) {
  return compact({ attributes: [...(subsegment || name === "" ? [] : [said("service.name", name)]), ...attributesOf(membersOf(it, "service"), "service.")] });
}

/**
 * @param {Members} members
 * @param {string} prefix
 * @param {[string, string][]} names
 * @returns {Attribute[]}
 */
function renamed(members, prefix, names) {
  return members.map((key, value) => ({ key: names.find(([ours]) => ours === key)?.[1] ?? prefix + key, value: native(value) }));
}

/**
 * What went wrong: exceptions as events, at the span's end, since no time is said.
 * @param {any} cause
 * @param {Span} span
 */
function cause(cause, span) {
  if (cause === null) return;
  if (typeof cause === "string") {
    span.attributes.push(said("aws.xray.cause", cause));
    return;
  }
  const it = objectOf(cause, "`cause`");
  if ((it.get("working_directory") ?? null) !== null) span.attributes.push(said("aws.xray.cause.working_directory", textOf(it, "working_directory")));
  if ((it.get("paths") ?? null) !== null) span.attributes.push({ key: "aws.xray.cause.paths", value: native(it.get("paths")) });
  for (const one of listOf(it, "exceptions")) {
    const exception = objectOf(one, "an exception");
    span.status.message ||= textOf(exception, "message");
    span.events.push(compact({ timeUnixNano: String(span.endTimeUnixNano), name: "exception", attributes: exceptionOf(exception) }));
  }
}

/**
 * @param {Members} it
 * @returns {Attribute[]}
 */
function exceptionOf(it) {
  const stack = listOf(it, "stack").map((one) => {
    const frame = objectOf(one, "a frame");
    return `at ${textOf(frame, "label")} (${textOf(frame, "path")}:${asText(frame.get("line"))})`;
  });
  const has = (/** @type {string} */ key) => (it.get(key) ?? null) !== null;
  const text = (/** @type {string} */ key, /** @type {string} */ name) => (has(key) ? [said(name, textOf(it, key))] : []);
  const value = (/** @type {string} */ key) => (has(key) ? [{ key: `aws.xray.exception.${key}`, value: native(it.get(key)) }] : []);
  return [
    ...text("type", "exception.type"), ...text("message", "exception.message"), ...(has("stack") ? [said("exception.stacktrace", stack.join("\n"))] : []), ...text("id", "aws.xray.exception.id"),
    ...text("cause", "aws.xray.exception.cause"), ...value("remote"), ...value("truncated"), ...value("skipped"),
  ];
}

/**
 * `1-5759e988-bd862e3fe1be46a994272793`, or the same without its dashes and version, as W3C's ids are; null if it is neither.
 * @param {string} text
 */
function traceIdOf(text) {
  const id = exactId(text.replace(/^1-(.{8})-(.{24})$/, "$1$2"), 32);
  return id === null || isZero(id) ? null : id;
}

/**
 * An id, or an empty text if it is not there.
 * @param {Members} it
 * @param {string} key
 */
function spanIdOf(it, key) {
  const text = textOf(it, key);
  const id = shortId(text, 16);
  if (text !== "" && (id === null || isZero(id))) throw new Error(`\`${key}\` is \`${beginning(text)}\`, not 16 hex digits`);
  return id ?? "";
}

/**
 * Seconds since 1970, to the last nanosecond that is written.
 * @param {Members} it
 * @param {string} key
 */
function time(it, key) {
  const value = it.get(key) ?? null;
  const units = value === null ? null : unitsOf(value, 9);
  if (value !== null && (units === null || units < 0n || units > MOST_U64)) throw new Error(`\`${key}\` is \`${beginning(value instanceof Double ? value.text : String(value))}\`, not seconds since 1970`);
  return units;
}

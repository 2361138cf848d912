// Trace files as a report can read them by itself: which format one is, by what is in it, and its spans, which all become OTLP's. The lab
// reads the same (trace::formats), of any size; a test holds the two against one another.

import { fromChrome, fromChromeList } from "./chrome.js";
import { fromJaeger } from "./jaeger.js";
import { Json, Members } from "./json.js";
import { fromOtlp } from "./otlp.js";
import { fromProtobuf } from "./protobuf.js";
import { bounded } from "./spans.js";
import { unpacked } from "./unpack.js";
import { Malformed } from "./wire.js";
import { fromXray } from "./xray.js";
import { fromZipkin } from "./zipkin.js";
import { fromZipkinV1 } from "./zipkin-v1.js";

/** @typedef {import("./spans.js").Sent} Sent */

export const READ = "OTLP (protobuf, JSON or JSON lines), Jaeger's JSON, Zipkin's JSON, Chrome's trace events and AWS X-Ray's segments, plain or compressed with gzip or zstd";
const [OPEN_OBJECT, OPEN_LIST, LINE_FEED] = [0x7b, 0x5b, 0x0a];
const BLANKS = [0x20, 0x09, 0x0a, 0x0c, 0x0d];

/**
 * @param {Blob} file
 * @returns {Promise<Map<string, Sent[]>>} the spans by trace id
 */
export async function readFile(file) {
  return read(await unpacked(file));
}

/**
 * @param {Uint8Array} bytes of a file that is not compressed
 * @returns {Map<string, Sent[]>}
 */
export function read(bytes) {
  /** @type {Map<string, Sent[]>} */
  const traces = new Map();
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const spans = spansIn(mark ? bytes.subarray(3) : bytes);
  bounded(spans.length);
  for (const sent of spans) {
    const found = traces.get(sent.span.traceId);
    if (found) found.push(sent);
    else traces.set(sent.span.traceId, [sent]);
  }
  if (traces.size === 0) throw new Error(`there is no span in it; this reads ${READ}`);
  return traces;
}

/** @param {Uint8Array} bytes */
function spansIn(bytes) {
  const first = bytes.find((it) => !BLANKS.includes(it));
  const json = first === OPEN_OBJECT || first === OPEN_LIST;
  // A request begins with a byte that is a line feed in text, and its length may look like a bracket.
  if (!json || bytes[0] === LINE_FEED) {
    try {
      return fromProtobuf(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw said("OTLP's protobuf", error);
      if (!json) throw new Error(`it is neither JSON nor OTLP's protobuf (${error.message}); this reads ${READ}`);
    }
  }
  const text = textOf(bytes);
  return first === OPEN_OBJECT ? inObjects(text, bytes) : inList(text, bytes);
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is no text in UTF-8");
  }
}

/**
 * One document, or several one after another.
 * @param {string} text
 * @param {Uint8Array} bytes
 * @returns {Sent[]}
 */
function inObjects(text, bytes) {
  const json = new Json(text);
  const document = json.value();
  const format = formatOfObject(document);
  try {
    switch (format) {
      case "OTLP":
        return whileThereAre(json, document, (it) => (it instanceof Members ? fromOtlp(it) : []));
      case "Jaeger":
        return whileThereAre(json, document, fromJaeger);
      case "X-Ray":
        return fromXray([document, ...json.values()]);
      default:
        if (json.next() !== "") throw json.wrong("something follows the end");
        return format === "Chrome" ? fromChrome(document, bytes) : format === "Zipkin" ? fromZipkin(document) : format === "Zipkin v1" ? fromZipkinV1(document) : [];
    }
  } catch (error) {
    throw said(format, error);
  }
}

/**
 * @param {string} text
 * @param {Uint8Array} bytes
 * @returns {Sent[]}
 */
function inList(text, bytes) {
  const format = formatOfList(text);
  const json = new Json(text);
  try {
    switch (format) {
      case "Chrome":
        return fromChromeList(text, bytes);
      case "Jaeger":
        return whileThereAre(json, json.value(), fromJaeger);
      case "X-Ray":
        return fromXray(json.values());
      case "Zipkin v1":
        return fromZipkinV1(json.only());
      default:
        return format === "Zipkin" ? fromZipkin(json.only()) : [];
    }
  } catch (error) {
    throw said(format, error);
  }
}

/**
 * Reads document after document, so that of a long file only one is in memory.
 * @param {Json} json
 * @param {any} document the first
 * @param {(document: any) => Sent[]} from
 */
function whileThereAre(json, document, from) {
  /** @type {Sent[]} */
  const spans = [];
  for (let next = document; ; next = json.value()) {
    for (const span of from(next)) spans.push(span);
    bounded(spans.length);
    if (json.next() === "") return spans;
  }
}

/** @param {Members} it */
function formatOfObject(it) {
  const has = (/** @type {string} */ key) => it.has(key);
  if (["resourceSpans", "resourceMetrics", "resourceLogs"].some(has)) return "OTLP";
  if (has("traceEvents")) return "Chrome";
  if (["Traces", "Segments", "TraceSegmentDocuments"].some(has) || (has("format") && has("version"))) return "X-Ray";
  if (has("data") || has("result") || (has("spans") && has("processes"))) return "Jaeger";
  return formatOfSpan(it);
}

/** @param {string} text */
function formatOfList(text) {
  const json = new Json(text);
  json.takes("[");
  // An empty list is what Zipkin answers when it has no trace, and documents as text are how X-Ray's API takes them.
  if (json.next() === '"') return "X-Ray";
  while (["[", "]", ","].includes(json.next())) json.at += 1;
  const first = json.next() === "{" ? json.value() : null;
  if (!(first instanceof Members)) return "";
  return first.has("spans") && first.has("traceID") ? "Jaeger" : formatOfSpan(first);
}

/**
 * The format whose span, segment or event this is.
 * @param {Members} it
 */
function formatOfSpan(it) {
  const has = (/** @type {string} */ key) => it.has(key);
  if (has("traceId") && has("id")) {
    const annotations = it.get("annotations");
    const old = has("binaryAnnotations") || (Array.isArray(annotations) && annotations.some((one) => one instanceof Members && one.has("endpoint")));
    return old ? "Zipkin v1" : "Zipkin";
  }
  if (has("ph")) return "Chrome";
  return has("id") && has("start_time") && has("trace_id") ? "X-Ray" : "";
}

/**
 * @param {string} format
 * @param {unknown} error
 */
function said(format, error) {
  const { message } = /** @type {Error} */ (error);
  return new Error(format ? `read as ${format}: ${message}` : message);
}

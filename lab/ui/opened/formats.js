// Trace files as a report can read them by itself: OTLP as JSON and as JSON lines, Jaeger's and Zipkin's JSON, plain or compressed with
// gzip. All become OTLP's spans. The lab reads more (trace::formats), and says more exactly what is wrong.

/** @typedef {import("../trace/detail.js").Sent} Sent */

export const READ = "OTLP (JSON or JSON lines), Jaeger's JSON and Zipkin's JSON, plain or compressed with gzip";
/** The largest file, and the most spans, that are read. */
const LARGEST = 256 << 20;
const MOST = 200_000;

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUSES = ["UNSET", "OK", "ERROR"];

/**
 * @param {Blob} file
 * @returns {Promise<Map<string, Sent[]>>} the spans by trace id
 */
export async function readFile(file) {
  const beginning = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (beginning[0] === 0x28 && beginning[1] === 0xb5) throw new Error("it is compressed with zstd, which browsers cannot read: unpack it, or open it with `faultmart lab FILE`");
  const plain = beginning[0] === 0x1f && beginning[1] === 0x8b ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  return read(await textOf(plain));
}

/** @param {ReadableStream<Uint8Array>} stream */
async function textOf(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    bytes += piece.value.length;
    if (bytes > LARGEST) throw new Error(`it has more than ${LARGEST >> 20} MiB: open it with \`faultmart lab FILE\``);
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * @param {string} text
 * @returns {Map<string, Sent[]>}
 */
export function read(text) {
  /** @type {Map<string, Sent[]>} */
  const traces = new Map();
  let spans = 0;
  for (const document of documents(text)) {
    for (const sent of spansOf(document)) {
      spans += 1;
      if (spans > MOST) throw new Error(`it has more than ${MOST} spans: open it with \`faultmart lab FILE\``);
      const { traceId, spanId } = sent.span;
      if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId)) throw new Error(`span ${spans} has ids that are none`);
      const found = traces.get(traceId);
      if (found) found.push(sent);
      else traces.set(traceId, [sent]);
    }
  }
  if (spans === 0) throw new Error(`there is no span in it that can be read here; this reads ${READ}`);
  return traces;
}

/**
 * One document, or one a line.
 * @param {string} text
 * @returns {any[]}
 */
function documents(text) {
  // Nanoseconds that are written as numbers would be rounded.
  const exact = text.replace(/^\ufeff/, "").replace(/("(?:start|end)?[tT]imeUnixNano"\s*:\s*)(\d+)/g, '$1"$2"');
  try {
    return [JSON.parse(exact)];
  } catch (whole) {
    const lines = exact.split("\n").filter((line) => line.trim() !== "");
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line));
    } catch {
      // Neither: what is wrong with it as one document is said.
    }
    throw new Error(`it is no JSON: ${/** @type {Error} */ (whole).message.slice(0, 200)}`);
  }
}

/**
 * @param {any} document
 * @returns {Sent[]}
 */
function spansOf(document) {
  if (Array.isArray(document)) return document.flatMap((it) => (Array.isArray(it) ? it : [it])).map(fromZipkin);
  if (document?.resourceSpans) return fromOtlp(document.resourceSpans);
  if (document?.result?.resourceSpans) return fromOtlp(document.result.resourceSpans);
  if (document?.data) return [document.data].flat().flatMap(fromJaeger);
  return document?.spans && document?.processes ? fromJaeger(document) : [];
}

/**
 * @param {any[]} groups
 * @returns {Sent[]}
 */
function fromOtlp(groups) {
  return groups.flatMap(({ resource, scopeSpans }) => (scopeSpans ?? []).flatMap((/** @type {any} */ { scope, spans }) => (spans ?? []).map((/** @type {any} */ span) => ({
    resource: resource ?? null,
    scope: scope ?? null,
    span: { ...span, traceId: hex(span.traceId, 32), spanId: hex(span.spanId, 16), parentSpanId: span.parentSpanId ? hex(span.parentSpanId, 16) : "", kind: numberOf(span.kind, KINDS), status: { ...span.status, code: numberOf(span.status?.code, STATUSES) } },
  }))));
}

/**
 * @param {any} trace
 * @returns {Sent[]}
 */
function fromJaeger(trace) {
  return (trace.spans ?? []).map((/** @type {any} */ it) => {
    const process = trace.processes?.[it.processID] ?? it.process ?? {};
    const tags = it.tags ?? [];
    const tag = (/** @type {string} */ key) => String(tags.find((/** @type {any} */ one) => one.key === key)?.value ?? "");
    const failed = tag("error") === "true" || tag("otel.status_code") === "ERROR";
    const references = it.references ?? [];
    const above = references.find((/** @type {any} */ one) => one.refType === "CHILD_OF" && hex(one.traceID, 32) === hex(it.traceID, 32));
    const start = BigInt(it.startTime ?? 0) * 1000n;
    return {
      resource: { attributes: [attribute("service.name", process.serviceName ?? ""), ...(process.tags ?? []).map(fromTag)] },
      scope: null,
      span: {
        traceId: hex(it.traceID, 32), spanId: hex(it.spanID, 16), parentSpanId: above ? hex(above.spanID, 16) : it.parentSpanID ? hex(it.parentSpanID, 16) : "", name: it.operationName ?? "",
        kind: Math.max(KINDS.indexOf(tag("span.kind").toUpperCase()), 0), startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(it.duration ?? 0) * 1000n),
        attributes: tags.map(fromTag), status: { code: failed ? 2 : 0, message: tag("otel.status_description") },
        events: (it.logs ?? []).map((/** @type {any} */ log) => ({ timeUnixNano: String(BigInt(log.timestamp ?? 0) * 1000n), name: String((log.fields ?? []).find((/** @type {any} */ one) => one.key === "event")?.value ?? "log"), attributes: (log.fields ?? []).map(fromTag) })),
        links: references.filter((/** @type {any} */ one) => one !== above).map((/** @type {any} */ one) => ({ traceId: hex(one.traceID, 32), spanId: hex(one.spanID, 16) })),
      },
    };
  });
}

/**
 * @param {any} it
 * @returns {Sent}
 */
function fromZipkin(it) {
  const start = BigInt(it.timestamp ?? 0) * 1000n;
  const tags = Object.entries(it.tags ?? {});
  return {
    resource: { attributes: [attribute("service.name", it.localEndpoint?.serviceName ?? "")] },
    scope: null,
    span: {
      traceId: hex(it.traceId, 32), spanId: hex(it.id, 16), parentSpanId: it.parentId ? hex(it.parentId, 16) : "", name: it.name ?? "",
      kind: Math.max(KINDS.indexOf(it.kind ?? ""), it.kind ? 0 : 1), startTimeUnixNano: String(start), endTimeUnixNano: String(start + BigInt(it.duration ?? 0) * 1000n),
      attributes: tags.map(([key, value]) => attribute(key, value)), status: { code: it.tags?.error !== undefined ? 2 : 0, message: it.tags?.error ?? "" },
      events: (it.annotations ?? []).map((/** @type {any} */ one) => ({ timeUnixNano: String(BigInt(one.timestamp ?? 0) * 1000n), name: one.value ?? "" })),
    },
  };
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function attribute(key, value) {
  const kind = typeof value === "boolean" ? "boolValue" : typeof value === "number" ? (Number.isInteger(value) ? "intValue" : "doubleValue") : "stringValue";
  return { key, value: { [kind]: kind === "stringValue" || kind === "intValue" ? String(value) : value } };
}

/** @param {any} tag */
function fromTag({ key, value }) {
  return attribute(key, value);
}

/**
 * An id with its leading zeros.
 * @param {unknown} id
 * @param {number} digits
 */
function hex(id, digits) {
  return String(id ?? "").toLowerCase().padStart(digits, "0");
}

/**
 * @param {unknown} value a number, or its name in protobuf's way
 * @param {string[]} names
 */
function numberOf(value, names) {
  if (typeof value !== "string") return Number(value ?? 0);
  const at = names.findIndex((name) => value.endsWith(`_${name}`));
  return at >= 0 ? at : Number(value) || 0;
}

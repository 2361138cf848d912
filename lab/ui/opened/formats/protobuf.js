// OTLP's protobuf: an ExportTraceServiceRequest, or TracesData, which looks the same. Types are checked as trace::otlp::scan does.

import { idOf, refuse } from "./otlp.js";
import { bounded, compact, newSpan, sent } from "./spans.js";
import { doubleValue } from "./values.js";
import { bytesOf, countOf, enumOf, Malformed, Message, textOf, typed, wholeOf } from "./wire.js";

/** @type {Uint8Array} */
const NONE = new Uint8Array();
const FLOAT = new DataView(new ArrayBuffer(8));

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./spans.js").Attribute} Attribute
 * @typedef {import("./wire.js").Field} Field
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Sent[]}
 */
export function fromProtobuf(bytes) {
  const message = new Message({ messages: 0 }, 0);
  const groups = message.all(bytes, 1, (it, inner) => resourceSpans(it, inner));
  if (groups.length === 0) throw new Malformed("there are no spans in the message");
  let count = 0;
  return groups.flatMap(({ resource, scopes }) => scopes.flatMap(({ scope, spans }) => {
    count += spans.length;
    bounded(count);
    return spans.map((span) => sent(resource, scope, span()));
  }));
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 */
function resourceSpans(bytes, message) {
  const resource = { attributes: /** @type {Attribute[]} */ ([]), droppedAttributesCount: 0, entityRefs: /** @type {object[]} */ ([]) };
  const scopes = /** @type {ReturnType<typeof scopeSpans>[]} */ ([]);
  message.fields(bytes, (it) => {
    // A message may come in several pieces, which are one.
    if (it.number === 1) message.inner(it, (bytes, inner) => inner.fields(bytes, (it) => {
      if (it.number === 1) resource.attributes.push(inner.inner(it, attribute));
      else if (it.number === 2) resource.droppedAttributesCount = countOf(it);
      else if (it.number === 3) resource.entityRefs.push(inner.inner(it, entity));
    }));
    else if (it.number === 2) scopes.push(message.inner(it, scopeSpans));
    else if (it.number === 3) textOf(it);
  });
  return { resource: compact(resource), scopes };
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 */
function entity(bytes, message) {
  const read = { schemaUrl: "", type: "", idKeys: /** @type {string[]} */ ([]), descriptionKeys: /** @type {string[]} */ ([]) };
  message.fields(bytes, (it) => {
    if (it.number === 1) read.schemaUrl = textOf(it);
    else if (it.number === 2) read.type = textOf(it);
    else if (it.number === 3) read.idKeys.push(textOf(it));
    else if (it.number === 4) read.descriptionKeys.push(textOf(it));
  });
  return compact(read);
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 */
function scopeSpans(bytes, message) {
  const scope = { name: "", version: "", attributes: /** @type {Attribute[]} */ ([]), droppedAttributesCount: 0 };
  const spans = /** @type {ReturnType<typeof span>[]} */ ([]);
  message.fields(bytes, (it) => {
    if (it.number === 1) message.inner(it, (bytes, inner) => inner.fields(bytes, (it) => {
      if (it.number === 1) scope.name = textOf(it);
      else if (it.number === 2) scope.version = textOf(it);
      else if (it.number === 3) scope.attributes.push(inner.inner(it, attribute));
      else if (it.number === 4) scope.droppedAttributesCount = countOf(it);
    }));
    else if (it.number === 2) {
      bounded(spans.length + 1);
      spans.push(message.inner(it, span));
    } else if (it.number === 3) textOf(it);
  });
  return { scope: compact(scope), spans };
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 * @returns {() => import("./spans.js").Span} refuses ids that are none: the whole message is looked at before, since it may be of another format
 */
function span(bytes, message) {
  const read = newSpan({});
  let [trace, id, parent] = [NONE, NONE, NONE];
  const links = /** @type {ReturnType<typeof link>[]} */ ([]);
  /** @type {Record<number, (it: Field) => void>} */
  const known = {
    1: (it) => (trace = bytesOf(it)),
    2: (it) => (id = bytesOf(it)),
    3: (it) => (read.traceState = textOf(it)),
    4: (it) => (parent = bytesOf(it)),
    5: (it) => (read.name = textOf(it)),
    6: (it) => (read.kind = enumOf(it)),
    7: (it) => (read.startTimeUnixNano = typed(it, 1)),
    8: (it) => (read.endTimeUnixNano = typed(it, 1)),
    9: (it) => read.attributes.push(message.inner(it, attribute)),
    10: (it) => (read.droppedAttributesCount = countOf(it)),
    11: (it) => read.events.push(message.inner(it, event)),
    12: (it) => (read.droppedEventsCount = countOf(it)),
    13: (it) => links.push(message.inner(it, link)),
    14: (it) => (read.droppedLinksCount = countOf(it)),
    15: (it) => message.inner(it, (bytes, inner) => inner.fields(bytes, (it) => {
      if (it.number === 2) read.status.message = textOf(it);
      else if (it.number === 3) read.status.code = enumOf(it);
    })),
    16: (it) => (read.flags = Number(typed(it, 5))),
  };
  message.fields(bytes, (it) => known[it.number]?.(it));
  return () => {
    if (parent.length > 0 && parent.length !== 8) refuse("the parent's span id is neither 8 bytes nor absent");
    return { ...read, traceId: idOf(hex(trace), 32, "the trace id"), spanId: idOf(hex(id), 16, "the span id"), parentSpanId: hex(parent), links: links.map((it) => it()) };
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 */
function event(bytes, message) {
  const read = { timeUnixNano: "0", name: "", attributes: /** @type {Attribute[]} */ ([]), droppedAttributesCount: 0 };
  message.fields(bytes, (it) => {
    if (it.number === 1) read.timeUnixNano = String(typed(it, 1));
    else if (it.number === 2) read.name = textOf(it);
    else if (it.number === 3) read.attributes.push(message.inner(it, attribute));
    else if (it.number === 4) read.droppedAttributesCount = countOf(it);
  });
  return compact(read);
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 */
function link(bytes, message) {
  const read = { traceId: "", spanId: "", traceState: "", attributes: /** @type {Attribute[]} */ ([]), droppedAttributesCount: 0, flags: 0 };
  message.fields(bytes, (it) => {
    if (it.number === 1) read.traceId = hex(bytesOf(it));
    else if (it.number === 2) read.spanId = hex(bytesOf(it));
    else if (it.number === 3) read.traceState = textOf(it);
    else if (it.number === 4) read.attributes.push(message.inner(it, attribute));
    else if (it.number === 5) read.droppedAttributesCount = countOf(it);
    else if (it.number === 6) read.flags = Number(typed(it, 5));
  });
  return () => {
    if (![0, 32].includes(read.traceId.length) || ![0, 16].includes(read.spanId.length)) refuse("a link's ids are not of 16 and 8 bytes");
    return compact(read);
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 * @returns {Attribute}
 */
function attribute(bytes, message) {
  /** @type {Attribute} */
  const read = { key: "", value: {} };
  message.fields(bytes, (it) => {
    if (it.number === 1) read.key = textOf(it);
    else if (it.number === 2) read.value = message.inner(it, value);
    else if (it.number === 3) wholeOf(it);
  });
  return read;
}

/**
 * @param {Uint8Array} bytes
 * @param {Message} message
 * @returns {Record<string, any>}
 */
function value(bytes, message) {
  let read = {};
  message.fields(bytes, (it) => {
    if (it.number === 1) read = { stringValue: textOf(it) };
    else if (it.number === 2) read = { boolValue: wholeOf(it) !== 0n };
    else if (it.number === 3) read = { intValue: String(BigInt.asIntN(64, wholeOf(it))) };
    else if (it.number === 4) {
      FLOAT.setBigUint64(0, typed(it, 1));
      read = doubleValue(FLOAT.getFloat64(0));
    } else if (it.number === 5) read = { arrayValue: compact({ values: message.inner(it, (bytes, inner) => inner.all(bytes, 1, value)) }) };
    else if (it.number === 6) read = { kvlistValue: compact({ values: message.inner(it, (bytes, inner) => inner.all(bytes, 1, attribute)) }) };
    else if (it.number === 7) read = { bytesValue: base64(bytesOf(it)) };
    // A place in a table that only profiles have.
    else if (it.number === 8) {
      wholeOf(it);
      read = {};
    }
  });
  return read;
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

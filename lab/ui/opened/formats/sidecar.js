// A span's fields as a plain JSON object, which is how our own files in Chrome's and X-Ray's format keep them: trace::formats::sidecar.

import { listOf, MOST_U32, membersOf, objectOf, textOf, wholeOf } from "./members.js";
import { compact, ERROR, exactId, OK, UNSET, UNSPECIFIED } from "./spans.js";
import { kindOf } from "./tags.js";
import { attributesOf } from "./values.js";

/** @typedef {import("./json.js").Members} Members */

/**
 * Puts what was read into a span.
 * @param {Members} it
 * @param {import("./spans.js").Span} span
 * @returns {object} the scope
 */
export function fill(it, span) {
  const [kind, status] = [it.get("kind"), it.get("status")];
  span.kind = typeof kind === "string" ? kindOf(kind) : (small(kind) ?? UNSPECIFIED);
  const code = typeof status === "string" ? [UNSET, OK, ERROR][["", "ok", "error"].indexOf(status.toLowerCase())] : small(status);
  span.status = { message: textOf(it, "status_message"), code: code ?? UNSET };
  Object.assign(span, attributed(it));
  span.droppedEventsCount = count(it, "dropped_events_count");
  span.links = listOf(it, "links").map((one) => {
    const link = objectOf(one, "a link");
    return compact({ traceId: idOf(link, "trace_id", 32), spanId: idOf(link, "span_id", 16), traceState: textOf(link, "trace_state"), ...attributed(link), flags: count(link, "flags") });
  });
  span.droppedLinksCount = count(it, "dropped_links_count");
  span.traceState = textOf(it, "trace_state");
  span.flags = count(it, "flags");
  const scope = membersOf(it, "scope");
  return compact({ name: textOf(scope, "name"), version: textOf(scope, "version"), ...attributed(scope) });
}

/** @param {Members} it */
export function resourceOf(it) {
  const entities = listOf(it, "entity_refs").map((one) => {
    const entity = objectOf(one, "an entity");
    return compact({ schemaUrl: textOf(entity, "schema_url"), type: textOf(entity, "type"), idKeys: listOf(entity, "id_keys"), descriptionKeys: listOf(entity, "description_keys") });
  });
  return compact({ ...attributed(it), entityRefs: entities });
}

/**
 * @param {Members} it
 * @param {bigint} time
 * @param {string} name
 */
export function eventOf(it, time, name) {
  return compact({ timeUnixNano: String(time), name, ...attributed(it) });
}

/**
 * An id, or an empty text if it is not there.
 * @param {Members} it
 * @param {string} key
 * @param {number} digits
 */
export function idOf(it, key, digits) {
  const text = textOf(it, key);
  const id = (it.get(key) ?? null) === null ? "" : exactId(text, digits);
  if (id === null) throw new Error(`\`${text.slice(0, 64)}\` is not ${digits} hex digits`);
  return id;
}

/** @param {Members} it */
function attributed(it) {
  return { attributes: attributesOf(membersOf(it, "attributes")), droppedAttributesCount: count(it, "dropped_attributes_count") };
}

/**
 * @param {Members} it
 * @param {string} key
 */
function count(it, key) {
  return Number(wholeOf(it, key, MOST_U32));
}

/**
 * A whole number of 32 bits.
 * @param {any} it
 */
function small(it) {
  return typeof it === "bigint" && it === BigInt.asIntN(32, it) ? Number(it) : null;
}

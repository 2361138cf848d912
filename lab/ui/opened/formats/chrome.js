// Chrome's trace events: the list of events or the object around it; our own files by their ids, other people's by what nests:
// trace::formats::chrome.

import { eventsOf, eventsOfList } from "./chrome-events.js";
import { fromForeign } from "./chrome-foreign.js";
import { Members } from "./json.js";
import { MOST_U64, membersOf, parseWhole } from "./members.js";
import { eventOf, fill, idOf, resourceOf } from "./sidecar.js";
import { bounded, isZero, newSpan, sent } from "./spans.js";

/**
 * @typedef {import("./spans.js").Sent} Sent
 * @typedef {import("./chrome-events.js").Event} Event
 */

/**
 * @param {Members} document
 * @param {Uint8Array} bytes the file, of which a trace id is drawn
 * @returns {Sent[]}
 */
export function fromChrome(document, bytes) {
  const list = document.get("traceEvents");
  if (!Array.isArray(list)) throw new Error("there is no list `traceEvents` in it");
  const epoch = membersOf(document, "otherData").get("epoch_unix_ns");
  const origin = typeof epoch === "string" ? parseWhole(epoch, MOST_U64) : null;
  return origin === null ? fromForeign(eventsOf(list), bytes) : own(eventsOf(list), origin);
}

/**
 * @param {string} text of a file that is a list of events
 * @param {Uint8Array} bytes the same
 * @returns {Sent[]}
 */
export function fromChromeList(text, bytes) {
  return fromForeign(eventsOfList(text), bytes);
}

/**
 * The spans of a file that we wrote.
 * @param {Event[]} events
 * @param {bigint} epoch
 */
function own(events, epoch) {
  /** @type {Map<string, object>} */
  const resources = new Map();
  /** @type {{ resource: object, scope: object, span: import("./spans.js").Span }[]} */
  const spans = [];
  /** @type {Map<string, number>} */
  const places = new Map();
  for (const event of events) {
    const args = event.args ?? new Members([]);
    const wrong = (/** @type {string} */ what) => new Error(`item ${event.item}: ${what}`);
    const time = (/** @type {bigint} */ ns) => {
      if (epoch + ns < 0n || epoch + ns > MOST_U64) throw wrong("a time that no clock shows");
      return epoch + ns;
    };
    try {
      if (event.phase === "M" && event.name === "process_name") resources.set(event.processKey, resourceOf(membersOf(args, "resource")));
      // Flows show what the spans' `args` say of links.
      if (event.phase !== "X" && event.phase !== "i") continue;
      const [traceId, spanId] = [idOf(args, "trace_id", 32), idOf(args, "span_id", 16)];
      const ids = traceId + spanId;
      if (event.phase === "X") {
        if (isZero(traceId) || isZero(spanId)) throw new Error("`args` has no `trace_id` and `span_id`");
        const span = newSpan({ traceId, spanId, parentSpanId: idOf(args, "parent_span_id", 16), name: event.name, startTimeUnixNano: time(event.time), endTimeUnixNano: time(event.time + (event.duration ?? 0n)) });
        const scope = fill(args, span);
        bounded(places.set(ids, spans.length).size);
        spans.push({ resource: resources.get(event.processKey) ?? {}, scope, span });
      } else {
        const place = spans[places.get(ids) ?? -1];
        if (!place) throw new Error("an instant of a span that is not before it in the file");
        place.span.events.push(eventOf(args, time(event.time), event.name));
      }
    } catch (error) {
      throw wrong(/** @type {Error} */ (error).message.replace(/^item \d+: /, ""));
    }
  }
  return spans.map((it) => sent(it.resource, it.scope, it.span));
}

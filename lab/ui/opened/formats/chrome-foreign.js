// Events of other people's programs as spans of one trace: trace::formats::chrome::foreign. A thread's slices (`B` with `E`, and `X`) nest by
// time, asynchronous operations (`b` with `e`, and the older `S` with `F`) by their id. Flows are links from the later to the earlier.
// Instants, counters and steps are events of the innermost span around them, or of the process' first if there is none around. The trace's
// id is drawn from the content, spans are numbered. Times that are negative are moved, all of them alike, so that the first is 0.

import { MOST_U64 } from "./members.js";
import { bounded, compact, newSpan, sent } from "./spans.js";
import { asText, attributesOf, said, native } from "./values.js";

/** How far outwards an enclosing span is looked for among those that are open at a moment. */
const OUTWARDS = 64;

/**
 * @typedef {import("./chrome-events.js").Event} Event
 * @typedef {import("./spans.js").Attribute} Attribute
 * @typedef {{ place: number, start: bigint, end: bigint, parent: Slice | null, resource: object, scope: object, span: import("./spans.js").Span }} Slice
 */

/**
 * @param {Event[]} events
 * @param {Uint8Array} content
 */
export function fromForeign(events, content) {
  const reader = new Reader(events, content);
  for (const event of events) if (event.phase === "M") reader.names(event);
  // Files may have their events in any order; those of one time keep theirs.
  const timed = events.filter((it) => it.phase !== "M").sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  for (const event of timed) reader.slices(event);
  reader.end(timed);
  reader.nest();
  for (const event of timed) reader.moments(event);
  return reader.spans.map(({ resource, scope, span, start, end, parent }) => sent(resource, scope, { ...span, startTimeUnixNano: start, endTimeUnixNano: end, parentSpanId: parent?.span.spanId ?? "" }));
}

class Reader {
  spans = /** @type {Slice[]} */ ([]);
  #processes = /** @type {Map<string, Attribute[]>} */ (new Map());
  #threads = /** @type {Map<string, string>} */ (new Map());
  /** The slices of each thread, which nest by time. */
  #ordered = /** @type {Map<string, Slice[]>} */ (new Map());
  /** What is open, by thread: `B` without its `E`. */
  #open = /** @type {Map<string, Slice[]>} */ (new Map());
  /** The same of asynchronous operations, by category and id. */
  #operations = /** @type {Map<string, Slice[]>} */ (new Map());
  /** The first span of each process. */
  #first = /** @type {Map<string, Slice>} */ (new Map());
  /** The operation of which an event is a step. */
  #steps = /** @type {Map<Event, Slice>} */ (new Map());
  #flows = /** @type {Map<string, Slice>} */ (new Map());
  #shift = 0n;

  /**
   * @param {Event[]} events
   * @param {Uint8Array} content
   */
  constructor(events, content) {
    this.traceId = drawn(content);
    for (const it of events) if (it.phase !== "M" && -it.time > this.#shift) this.#shift = -it.time;
  }

  /**
   * What a process or thread is called.
   * @param {Event} event
   */
  names({ name, args, processKey, threadKey }) {
    const process = this.#processes.get(processKey) ?? [];
    const [title, labels] = [args?.get("name"), args?.get("labels")];
    if (name === "thread_name" && title !== undefined) this.#threads.set(threadKey, asText(title));
    if (name === "process_name" && title !== undefined) this.#processes.set(processKey, [said("service.name", asText(title)), ...process]);
    if (name === "process_labels" && labels !== undefined) this.#processes.set(processKey, [...process, { key: "process.labels", value: native(labels) }]);
  }

  /**
   * What begins and ends.
   * @param {Event} event
   */
  slices(event) {
    const key = JSON.stringify([event.category, event.id]);
    switch (event.phase) {
      case "X": {
        const slice = this.#slice(event);
        slice.end = this.#time(endOf(event));
        pushTo(this.#ordered, event.threadKey, slice);
        break;
      }
      case "B": {
        const slice = this.#slice(event);
        pushTo(this.#open, event.threadKey, slice);
        pushTo(this.#ordered, event.threadKey, slice);
        break;
      }
      // An end without a beginning is of something that began before the file did.
      case "E":
        this.#finish(this.#open.get(event.threadKey)?.pop(), event);
        break;
      case "b":
      case "S": {
        const slice = this.#slice(event);
        slice.parent = this.#operations.get(key)?.at(-1) ?? null;
        pushTo(this.#operations, key, slice);
        break;
      }
      case "e":
      case "F":
        this.#finish(this.#operations.get(key)?.pop(), event);
        break;
      case "n":
      case "T":
      case "p": {
        const around = this.#operations.get(key)?.at(-1);
        if (around) this.#steps.set(event, around);
        break;
      }
    }
  }

  /**
   * @param {Slice | undefined} slice
   * @param {Event} event
   */
  #finish(slice, event) {
    if (!slice) return;
    slice.end = this.#time(event.time);
    const { attributes } = slice.span;
    const known = new Set(attributes.map((it) => JSON.stringify(it)));
    for (const it of argumentsOf(event)) if (!known.has(JSON.stringify(it))) attributes.push(it);
  }

  /**
   * What never ended lasts until the end of the file, and says so.
   * @param {Event[]} events
   */
  end(events) {
    let last = events.length > 0 ? endOf(/** @type {Event} */ (events[0])) : 0n;
    for (const it of events) if (endOf(it) > last) last = endOf(it);
    for (const slice of [...this.#open.values(), ...this.#operations.values()].flat()) {
      slice.end = this.#time(last);
      slice.span.attributes.push({ key: "chrome.unfinished", value: { boolValue: true } });
    }
  }

  /** Gives each slice the innermost one around it as its parent. */
  nest() {
    for (const order of this.#ordered.values()) {
      order.sort((one, other) => compare(one.start, other.start) || compare(other.end, one.end) || one.place - other.place);
      /** @type {Slice[]} */
      const open = [];
      for (const slice of order) {
        const { start, end } = slice;
        // What takes no time and lies at another's end is still within it, unless that takes none either.
        const over = (/** @type {Slice} */ top) => top.end < start || (top.end === start && (end > start || top.start === start));
        for (let top = open.at(-1); top && over(top); top = open.at(-1)) open.pop();
        slice.parent = null;
        for (let at = open.length - 1; at >= 0 && at >= open.length - OUTWARDS && !slice.parent; at -= 1) {
          const around = /** @type {Slice} */ (open[at]);
          if (around.end >= end) slice.parent = around;
        }
        open.push(slice);
      }
    }
  }

  /**
   * What only happens: instants, counters, steps and flows.
   * @param {Event} event
   */
  moments(event) {
    switch (event.phase) {
      case "i":
      case "I":
      case "R":
      case "C": {
        // Of a process of which nothing else is known, the moment is a span.
        const around = (event.global ? null : this.#around(event)) ?? this.#first.get(event.processKey);
        if (around) this.#happened(around, event);
        else this.#slice(event);
        break;
      }
      case "n":
      case "T":
      case "p": {
        const operation = this.#steps.get(event);
        if (operation) this.#happened(operation, event);
        break;
      }
      case "s":
      case "t":
      case "f":
        this.#flow(event);
        break;
    }
  }

  /** @param {Event} event */
  #flow(event) {
    const slice = event.phase === "f" && !event.enclosing ? this.#next(event) : this.#around(event);
    if (!slice) return;
    const key = JSON.stringify([event.category, event.name, event.id]);
    const before = this.#flows.get(key);
    if (event.phase === "f") this.#flows.delete(key);
    else this.#flows.set(key, slice);
    if (before && event.phase !== "s") slice.span.links.push({ traceId: this.traceId, spanId: before.span.spanId, attributes: [said("flow.name", event.name)] });
  }

  /**
   * @param {Slice} slice
   * @param {Event} event
   */
  #happened({ span }, event) {
    span.events.push(compact({ timeUnixNano: String(this.#time(event.time)), name: event.name, attributes: argumentsOf(event) }));
  }

  /**
   * The innermost slice of the event's thread that is open at its time.
   * @param {Event} event
   */
  #around(event) {
    const time = this.#time(event.time);
    const order = this.#ordered.get(event.threadKey) ?? [];
    // Upwards from the last that had started, by parents, which is as far as it nests.
    /** @type {Slice | null} */
    let slice = order[partition(order, (it) => it.start <= time) - 1] ?? null;
    for (let step = 0; slice && step < Math.min(order.length, OUTWARDS * 16); step += 1) {
      if (slice.end >= time) return slice;
      slice = slice.parent;
    }
    return null;
  }

  /**
   * The first slice of the event's thread that starts at its time or later.
   * @param {Event} event
   */
  #next(event) {
    const time = this.#time(event.time);
    const order = this.#ordered.get(event.threadKey) ?? [];
    return order[partition(order, (it) => it.start < time)] ?? null;
  }

  /**
   * A new span that starts with the event.
   * @param {Event} event
   */
  #slice(event) {
    const place = this.spans.length;
    bounded(place + 1);
    const attributes = argumentsOf(event);
    const thread = this.#threads.get(event.threadKey);
    if ((event.thread ?? null) !== null) attributes.push({ key: "thread.id", value: native(event.thread) });
    if (thread !== undefined) attributes.push(said("thread.name", thread));
    const process = (event.process ?? null) === null ? [] : [{ key: "process.pid", value: native(event.process) }];
    const start = this.#time(event.time);
    /** @type {Slice} */
    const slice = {
      place, start, end: start, parent: null, resource: compact({ attributes: [...(this.#processes.get(event.processKey) ?? []), ...process] }), scope: compact({ name: event.category }),
      // Spans are numbered from 1.
      span: newSpan({ traceId: this.traceId, spanId: (place + 1).toString(16).padStart(16, "0"), name: event.name, attributes }),
    };
    if (!this.#first.has(event.processKey)) this.#first.set(event.processKey, slice);
    this.spans.push(slice);
    return slice;
  }

  /** @param {bigint} time */
  #time(time) {
    const moved = time + this.#shift;
    return moved > MOST_U64 ? MOST_U64 : moved < 0n ? 0n : moved;
  }
}

/**
 * @param {Map<string, Slice[]>} lists
 * @param {string} key
 * @param {Slice} slice
 */
function pushTo(lists, key, slice) {
  const list = lists.get(key);
  if (list) list.push(slice);
  else lists.set(key, [slice]);
}

/**
 * How many at the beginning are so.
 * @param {Slice[]} list
 * @param {(it: Slice) => boolean} so
 */
function partition(list, so) {
  let [from, until] = [0, list.length];
  while (from < until) {
    const middle = (from + until) >> 1;
    if (so(/** @type {Slice} */ (list[middle]))) from = middle + 1;
    else until = middle;
  }
  return from;
}

/** @param {bigint} one @param {bigint} other */
const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
/** @param {Event} event */
const endOf = (event) => event.time + (event.duration !== null && event.duration > 0n ? event.duration : 0n);
/** @param {Event} event */
const argumentsOf = (event) => (event.args ? attributesOf(event.args) : []);

/**
 * A trace id that the same content always has: FNV-1a of 128 bits. The prime is 2^88 + 315, so that a product is that of four parts with
 * 315, and the number itself 88 bits higher.
 * @param {Uint8Array} content
 */
function drawn(content) {
  let [a, b, c, d] = [0x6295c58d, 0x62b82175, 0x07bb0142, 0x6c62272e];
  for (const byte of content) {
    a = (a ^ byte) >>> 0;
    const low = a * 315;
    const second = b * 315 + Math.floor(low / 2 ** 32);
    const third = c * 315 + Math.floor(second / 2 ** 32) + ((a << 24) >>> 0);
    d = (d * 315 + Math.floor(third / 2 ** 32) + (((b << 24) | (a >>> 8)) >>> 0)) >>> 0;
    [a, b, c] = [low >>> 0, second >>> 0, third >>> 0];
  }
  const id = [d, c, b, a].map((it) => it.toString(16).padStart(8, "0")).join("");
  return /^0*$/.test(id) ? id.replace(/0$/, "1") : id;
}

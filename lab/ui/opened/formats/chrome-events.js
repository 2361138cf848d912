// One of Chrome's trace events, and the lists that hold them: trace::formats::chrome::event.

import { unitsOf } from "./decimal.js";
import { Json, Members } from "./json.js";
import { MOST_U64, membersOf, textOf } from "./members.js";
import { asText } from "./values.js";

/**
 * @typedef {object} Event with its times in nanoseconds
 * @property {number} item which one of the file it is, from 1
 * @property {string} phase
 * @property {string} name
 * @property {string} category
 * @property {bigint} time
 * @property {bigint | null} duration
 * @property {any} process a number or a text
 * @property {any} thread
 * @property {string} processKey the process, and process and thread, as text
 * @property {string} threadKey
 * @property {string} id what tells one asynchronous operation, or flow, from another of its category
 * @property {boolean} global whether an instant is not of its thread alone
 * @property {boolean} enclosing whether a flow ends in what encloses it, and not in what comes next
 * @property {Members | null} args
 */

/**
 * @param {any[]} list
 * @returns {Event[]}
 */
export function eventsOf(list) {
  return list.flatMap((it, at) => eventOf(it, at + 1) ?? []);
}

/**
 * The events of a list that is all of the file. Its closing bracket may be missing, which is how a program that was killed leaves it.
 * @param {string} text
 */
export function eventsOfList(text) {
  const json = new Json(text);
  json.takes("[");
  /** @type {any[]} */
  const list = [];
  while (json.next() !== "" && json.next() !== "]") {
    list.push(json.value());
    if (!json.takes(",") && json.next() !== "" && json.next() !== "]") throw json.wrong(`item ${list.length} is followed by neither a comma nor the end of the list`);
  }
  return eventsOf(list);
}

/**
 * The event, unless it is none: files end with an empty object where a comma had to be followed by something.
 * @param {any} it
 * @param {number} item
 * @returns {Event | null}
 */
function eventOf(it, item) {
  try {
    if (!(it instanceof Members)) throw new Error("not an object");
    const [phase] = textOf(it, "ph");
    if (phase === undefined) return null;
    const args = it.get("args");
    const [process, thread] = [it.get("pid"), it.get("tid")];
    const processKey = asText(process);
    return {
      item, phase, name: asText(it.get("name")), category: asText(it.get("cat")), time: microsOf(it, "ts") ?? 0n, duration: microsOf(it, "dur"), process, thread, processKey,
      threadKey: JSON.stringify([processKey, asText(thread)]), id: `${idOf(it, processKey)} ${asText(it.get("scope"))}`, global: it.get("s") === "g" || it.get("s") === "p", enclosing: it.get("bp") === "e",
      args: args instanceof Members ? args : null,
    };
  } catch (error) {
    throw new Error(`item ${item}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {Members} it
 * @param {string} process
 */
function idOf(it, process) {
  const id = it.get("id");
  const [other] = membersOf(it, "id2").entries();
  if ((id ?? null) !== null || !other) return asText(id);
  return other[0] === "local" ? `${asText(other[1])} in ${process}` : asText(other[1]);
}

/**
 * A time in nanoseconds, which is written in microseconds.
 * @param {Members} it
 * @param {string} key
 */
function microsOf(it, key) {
  const value = it.get(key) ?? null;
  if (value === null) return null;
  const time = unitsOf(value, 3);
  if (time === null || time > MOST_U64 || time < -MOST_U64) throw new Error(`\`${key}\` is not a number of microseconds`);
  return time;
}

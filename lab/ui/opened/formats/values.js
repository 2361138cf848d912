// Attributes and their values in OTLP's JSON, which is what all formats are read into: trace::formats::native and tags::as_text.

import { Double, Members } from "./json.js";
import { MOST_I64 } from "./members.js";

/** @typedef {{ key: string, value: Record<string, any> }} Attribute */

/**
 * @param {string} key
 * @param {string} text
 * @returns {Attribute}
 */
export const said = (key, text) => ({ key, value: { stringValue: text } });

/**
 * NaN and the infinities have no form in JSON, and are told as text.
 * @param {number} number
 * @returns {Record<string, any>}
 */
export const doubleValue = (number) => ({ doubleValue: Number.isFinite(number) ? number : String(number) });

/**
 * Whatever JSON says, as OTLP says it.
 * @param {any} it
 * @returns {Record<string, any>}
 */
export function native(it) {
  if (it === null || it === undefined) return {};
  if (typeof it === "string") return { stringValue: it };
  if (typeof it === "boolean") return { boolValue: it };
  if (typeof it === "bigint") return it > MOST_I64 ? doubleValue(Number(it)) : { intValue: String(it) };
  if (it instanceof Double) return doubleValue(it.value);
  if (Array.isArray(it)) return { arrayValue: it.length > 0 ? { values: it.map(native) } : {} };
  return { kvlistValue: it.pairs.length > 0 ? { values: attributesOf(it) } : {} };
}

/**
 * @param {Members} members
 * @param {string} [prefix] what their keys begin with
 * @returns {Attribute[]}
 */
export function attributesOf(members, prefix = "") {
  return members.map((key, value) => ({ key: prefix + key, value: native(value) }));
}

/**
 * The text of the first attribute with this key, if there is one and it is text.
 * @param {Attribute[]} attributes
 * @param {string} key
 * @returns {string | undefined}
 */
export function textAt(attributes, key) {
  return attributes.find((it) => it.key === key)?.value.stringValue;
}

/**
 * A JSON value as text: text as it is, null as none, the rest as JSON.
 * @param {any} it
 * @returns {string}
 */
export function asText(it) {
  if (it === null || it === undefined) return "";
  return typeof it === "string" ? it : jsonOf(it);
}

/**
 * @param {any} it
 * @returns {string}
 */
function jsonOf(it) {
  if (typeof it === "bigint") return it > MOST_I64 ? digits(Number(it)) : String(it);
  if (it instanceof Double) return digits(it.value);
  if (Array.isArray(it)) return `[${it.map(jsonOf).join()}]`;
  if (!(it instanceof Members)) return JSON.stringify(it);
  // Of two equal keys, the first is kept.
  const first = new Map([...it.entries()].reverse());
  const keys = new Set(it.entries().map(([key]) => key));
  return `{${[...keys].map((key) => `${JSON.stringify(key)}:${jsonOf(first.get(key))}`).join()}}`;
}

/**
 * A floating point number as Rust writes it.
 * @param {number} number
 */
function digits(number) {
  if (Object.is(number, -0)) return "-0.0";
  const size = Math.abs(number);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return number.toExponential().replace("+", "");
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

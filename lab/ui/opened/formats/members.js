// An object's members as a reader wants them: what is not there or null has its default, and what is of another form is an error.

import { Members } from "./json.js";

const NONE = new Members([]);
const WHOLE = /^[+-]?\d+$/;
export const MOST_I64 = 2n ** 63n - 1n;
export const MOST_U32 = 2n ** 32n - 1n;
export const MOST_U64 = 2n ** 64n - 1n;

/**
 * @param {any} it
 * @param {string} what it should be
 * @returns {Members}
 */
export function objectOf(it, what) {
  if (!(it instanceof Members)) throw new Error(`expected ${what} as an object`);
  return it;
}

/**
 * @param {Members} it
 * @param {string} key
 */
export function textOf(it, key) {
  const value = it.get(key) ?? "";
  if (typeof value !== "string") throw new Error(`\`${key}\` is not text`);
  return value;
}

/**
 * @param {Members} it
 * @param {string} key
 * @returns {any[]}
 */
export function listOf(it, key) {
  const value = it.get(key) ?? [];
  if (!Array.isArray(value)) throw new Error(`\`${key}\` is not a list`);
  return value;
}

/**
 * @param {Members} it
 * @param {string} key
 */
export function membersOf(it, key) {
  const value = it.get(key) ?? NONE;
  if (!(value instanceof Members)) throw new Error(`\`${key}\` is not an object`);
  return value;
}

/**
 * @param {Members} it
 * @param {string} key
 * @returns {boolean}
 */
export function truthOf(it, key) {
  const value = it.get(key) ?? false;
  if (typeof value !== "boolean") throw new Error(`\`${key}\` is neither true nor false`);
  return value;
}

/**
 * A whole number.
 * @param {Members} it
 * @param {string} key
 * @param {bigint} most
 * @param {bigint} [least]
 * @returns {bigint}
 */
export function wholeOf(it, key, most, least = 0n) {
  const value = it.get(key) ?? 0n;
  if (typeof value !== "bigint" || value < least || value > most) throw new Error(`\`${key}\` is not a whole number${least === 0n ? ", or negative" : ""}`);
  return value;
}

/**
 * A whole number that is written as text.
 * @param {string} text
 * @param {bigint} most
 * @param {bigint} [least]
 */
export function parseWhole(text, most, least = 0n) {
  if (text.length > 64 || !WHOLE.test(text)) return null;
  const value = BigInt(text.replace("+", ""));
  return value >= least && value <= most ? value : null;
}

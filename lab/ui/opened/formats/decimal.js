// Times that are written as decimal numbers of seconds or microseconds, to the last nanosecond: trace::formats::decimal.

import { Double } from "./json.js";

/**
 * How many units of 10^-digits a number is, or a text that is one. More digits than that are cut off; null if it is none or too large.
 * @param {any} it
 * @param {number} digits
 * @returns {bigint | null}
 */
export function unitsOf(it, digits) {
  const text = it instanceof Double ? it.text : typeof it === "bigint" ? String(it) : it;
  if (typeof text !== "string") return null;
  const exact = /^(-?)(\d{1,25})(?:\.(\d*))?$/.exec(text);
  if (exact) {
    const [, sign, whole = "", fraction = ""] = exact;
    const units = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
    return sign ? -units : units;
  }
  // An exponent, which is how floating point numbers print that are very large or small.
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null;
  const units = Number(text) * 10 ** digits;
  return Math.abs(units) < 1e30 ? BigInt(Math.sign(units) * Math.round(Math.abs(units))) : null;
}

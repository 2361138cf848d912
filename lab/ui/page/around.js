// Before and after a moment.

/**
 * What began in the minutes before a moment against what began in those after it, as the address of the comparison says it.
 * @param {number} at milliseconds since 1970
 * @param {string} q
 * @param {number} [minutes]
 * @param {number} [end] when it was over again that began at that moment
 */
export function around(at, q, minutes = 2, end = Number.POSITIVE_INFINITY) {
  const side = Math.round(minutes * 60_000);
  return { a: q, b: q, a_from: String(at - side), a_until: String(at), b_from: String(at), b_until: String(Math.min(at + side, end)) };
}

// Quantities as people read them.

/**
 * A duration with three digits that count.
 * @param {number} nanoseconds
 * @returns {string}
 */
export function duration(nanoseconds) {
  const sign = nanoseconds < 0 ? "−" : "";
  const value = Math.abs(nanoseconds);
  if (value < 1e3) return `${sign}${digits(value)} ns`;
  if (value < 999.5e3) return `${sign}${digits(value / 1e3)} µs`;
  if (value < 999.5e6) return `${sign}${digits(value / 1e6)} ms`;
  if (value < 119.5e9) return `${sign}${digits(value / 1e9)} s`;
  if (value < 7200e9) return `${sign}${Math.floor(value / 60e9)} min ${Math.round((value % 60e9) / 1e9)} s`;
  return `${sign}${digits(value / 3600e9)} h`;
}

/**
 * @param {number} value
 * @returns {string}
 */
export function digits(value) {
  if (value === 0) return "0";
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}

/**
 * @param {number | null | undefined} value in milliseconds
 * @returns {string}
 */
export function milliseconds(value) {
  return value === null || value === undefined ? "–" : duration(value * 1e6);
}

/**
 * @param {number} share
 * @returns {string}
 */
export function percent(share) {
  const value = share * 100;
  const magnitude = Math.abs(value);
  const text = magnitude !== 0 && magnitude < 9.95 ? magnitude.toFixed(1) : magnitude.toFixed(0);
  return `${value < 0 && Number(text) !== 0 ? "−" : ""}${text} %`;
}

/**
 * A count that may be a mean: whole if it is, else with one decimal.
 * @param {number} value
 * @returns {string}
 */
export function count(value) {
  const rounded = Math.round(value * 10) / 10;
  const [whole, decimal] = String(rounded).split(".");
  const grouped = (whole ?? "").replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return decimal ? `${grouped}.${decimal}` : grouped;
}

/** Made once: to make it costs more than to use it. */
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/**
 * A moment of the day.
 * @param {number} unixMs
 * @returns {string}
 */
export function clock(unixMs) {
  return CLOCK.format(unixMs);
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} [many]
 * @returns {string}
 */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/**
 * A text that shows what it is made of: characters that are invisible or turn the line around are replaced.
 * @param {string} text
 * @returns {string}
 */
export function printable(text) {
  return text
    .slice(0, 1000)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
}

/**
 * Steps for an axis of that length: round, and about as many as asked for.
 * @param {number} length
 * @param {number} about
 * @returns {number}
 */
export function step(length, about) {
  const rough = length / about;
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(rough, Number.MIN_VALUE)));
  const multiple = [1, 2, 5, 10].find((it) => it * magnitude >= rough) ?? 10;
  return multiple * magnitude;
}

// The two kinds of table that zstd packs its blocks with, and the bits that are read by them: RFC 8878, 4.1 and 4.2.

export class Damaged extends Error {}

/**
 * A table of finite states, by state: its symbol, and where one goes from there.
 * @typedef {{ log: number, symbols: Uint8Array, bits: Uint8Array, base: Uint16Array }} States
 * @typedef {{ log: number, symbols: Uint8Array, bits: Uint8Array }} Huffman by the next `log` bits: the symbol, and how many bits it takes
 */

/** @param {number} number */
const log2 = (number) => 31 - Math.clz32(number);

/** Bits that are read from the end backwards, where a last 1 tells where they begin. */
export class Bits {
  /**
   * @param {Uint8Array} bytes
   * @param {number} start
   * @param {number} end
   */
  constructor(bytes, start, end) {
    const last = end > start ? (bytes[end - 1] ?? 0) : 0;
    if (last === 0) throw new Damaged("there are no bits where some should be");
    this.bytes = bytes;
    this.start = start * 8;
    this.at = end * 8 - 8 + log2(last);
  }

  /**
   * The next bits, at most 24, with zeros for those that lie before the beginning.
   * @param {number} count
   */
  peek(count) {
    const { bytes, at, start } = this;
    const low = at - count;
    if (low < start) return at <= start ? 0 : (slice(bytes, start) & ((1 << (at - start)) - 1)) << (start - low);
    return slice(bytes, low) & ((1 << count) - 1);
  }

  /**
   * @param {number} count
   * @returns {number}
   */
  read(count) {
    if (count > 24) return this.read(count - 16) * 65536 + this.read(16);
    const value = this.peek(count);
    this.at -= count;
    return value;
  }

  /** How many are left; negative if more were read than there are. */
  get left() {
    return this.at - this.start;
  }
}

/**
 * The 25 bits, at least, from this one on.
 * @param {Uint8Array} bytes
 * @param {number} bit
 */
function slice(bytes, bit) {
  const at = bit >> 3;
  return (/** @type {number} */ (bytes[at]) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> (bit & 7);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} mostLog
 * @param {number} mostSymbol
 * @returns {{ states: States, end: number }}
 */
export function readStates(bytes, start, mostLog, mostSymbol) {
  const log = ((bytes[start] ?? 0) & 15) + 5;
  if (log > mostLog) throw new Damaged("a table of states is too large");
  const probabilities = [];
  let bit = start * 8 + 4;
  let rest = 1 << log;
  while (rest > 0 && probabilities.length <= mostSymbol) {
    // Small values take a bit less than large ones, as far as there are any to spare.
    const count = log2(rest + 1) + 1;
    const half = (1 << (count - 1)) - 1;
    const spare = (1 << count) - 2 - rest;
    let value = slice(bytes, bit) & ((1 << count) - 1);
    const small = (value & half) < spare;
    bit += small ? count - 1 : count;
    if (small) value &= half;
    else if (value > half) value -= spare;
    // −1 is a probability of less than one state.
    rest -= Math.abs(value - 1);
    probabilities.push(value - 1);
    for (let more = value === 1 ? 3 : 0; more === 3 && probabilities.length <= mostSymbol; bit += 2) {
      more = slice(bytes, bit) & 3;
      for (let zero = 0; zero < more; zero += 1) probabilities.push(0);
    }
  }
  if (rest !== 0 || probabilities.length > mostSymbol + 1) throw new Damaged("a table of states is wrong");
  return { states: statesOf(probabilities, log), end: (bit + 7) >> 3 };
}

/**
 * @param {number[]} probabilities by symbol, in states
 * @param {number} log
 * @returns {States}
 */
export function statesOf(probabilities, log) {
  const size = 1 << log;
  const [symbols, bits, base] = [new Uint8Array(size), new Uint8Array(size), new Uint16Array(size)];
  let high = size;
  for (const [symbol, probability] of probabilities.entries()) {
    if (probability < 0) {
      high -= 1;
      symbols[high] = symbol;
    }
  }
  let at = 0;
  for (const [symbol, probability] of probabilities.entries()) {
    for (let state = 0; state < probability; state += 1) {
      symbols[at] = symbol;
      do at = (at + (size >> 1) + (size >> 3) + 3) & (size - 1);
      while (at >= high);
    }
  }
  const next = probabilities.map(Math.abs);
  for (let state = 0; state < size; state += 1) {
    const symbol = symbols[state] ?? 0;
    const place = next[symbol] ?? 1;
    next[symbol] = place + 1;
    const count = log - log2(place);
    bits[state] = count;
    base[state] = (place << count) - size;
  }
  return { log, symbols, bits, base };
}

/**
 * The table that always tells one symbol.
 * @param {number} symbol
 * @returns {States}
 */
export const always = (symbol) => ({ log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) });

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} limit
 * @returns {{ huffman: Huffman, end: number }}
 */
export function readHuffman(bytes, start, limit) {
  const first = bytes[start] ?? 0;
  const end = start + 1 + (first < 128 ? first : (first - 126) >> 1);
  if (end > limit) throw new Damaged("a Huffman table is cut short");
  const weights = first < 128 ? packedWeights(bytes, start + 1, end) : Array.from({ length: first - 127 }, (_, at) => ((bytes[start + 1 + (at >> 1)] ?? 0) >> (at % 2 === 0 ? 4 : 0)) & 15);
  // The last weight is not written: it is what makes the sum a power of two.
  const sum = weights.reduce((sum, weight) => sum + ((1 << weight) >> 1), 0);
  const log = log2(sum) + 1;
  const rest = (1 << log) - sum;
  if (sum === 0 || log > 11 || (rest & (rest - 1)) !== 0 || weights.some((weight) => weight > 11)) throw new Damaged("a Huffman table is wrong");
  weights.push(log2(rest) + 1);
  const [symbols, bits] = [new Uint8Array(1 << log), new Uint8Array(1 << log)];
  let at = 0;
  for (let weight = 1; weight <= log; weight += 1) {
    for (const [symbol, its] of weights.entries()) {
      if (its !== weight) continue;
      const until = at + (1 << (weight - 1));
      symbols.fill(symbol, at, until);
      bits.fill(log + 1 - weight, at, until);
      at = until;
    }
  }
  return { huffman: { log, symbols, bits }, end };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
function packedWeights(bytes, start, end) {
  const { states, end: from } = readStates(bytes, start, 6, 255);
  const bits = new Bits(bytes, from, end);
  /** @type {number[]} */
  const weights = [];
  // Two states take turns; what the other one tells is the last.
  let [state, other] = [bits.read(states.log), bits.read(states.log)];
  while (bits.left >= 0) {
    // A table with one symbol only would take no bits.
    if (weights.length > 253) throw new Damaged("a Huffman table is too large");
    weights.push(states.symbols[state] ?? 0);
    const next = (states.base[state] ?? 0) + bits.read(states.bits[state] ?? 0);
    [state, other] = [other, next];
  }
  weights.push(states.symbols[state] ?? 0);
  return weights;
}

/**
 * @param {Huffman} huffman
 * @param {Bits} bits all of which have to be used up
 * @param {Uint8Array} into
 */
export function decode({ log, symbols, bits: lengths }, bits, into) {
  for (let at = 0; at < into.length; at += 1) {
    const next = bits.peek(log);
    into[at] = /** @type {number} */ (symbols[next]);
    bits.at -= /** @type {number} */ (lengths[next]);
  }
  if (bits.left !== 0) throw new Damaged("literals are wrong");
}

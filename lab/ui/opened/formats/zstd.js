// zstd, unpacked: RFC 8878. Browsers do not do it yet, and fzstd, which would, can be kept busy for ever by a table that takes no bits. Here
// every step is bounded by what comes out, and that by what is taken. Checksums are not looked at.

import { always, Bits, Damaged, decode, readHuffman, readStates, statesOf } from "./zstd-tables.js";

const [FRAME, SKIPPED] = [0xfd2fb528, 0x184d2a50];
/** The largest block, and the largest window: zstd's own bound. */
const [BLOCK, WINDOW] = [2 ** 17, 2 ** 27];

/**
 * What tells literals' lengths, offsets and matches' lengths: the default table, how large others may be, and of each code the least value and
 * how many bits more there are.
 * @typedef {{ states: States, mostLog: number, mostSymbol: number, base: number[], bits: number[] }} Coding
 * @typedef {import("./zstd-tables.js").States} States
 */

/**
 * @param {number[]} probabilities
 * @param {number} log
 * @param {number} mostLog
 * @param {number[]} bits
 * @param {number} least
 * @returns {Coding}
 */
function coding(probabilities, log, mostLog, bits, least) {
  let value = least;
  const base = bits.map((count) => {
    value += 2 ** count;
    return value - 2 ** count;
  });
  return { states: statesOf(probabilities, log), mostLog, mostSymbol: bits.length - 1, base, bits };
}

const [ONE, LESS] = [1, -1];
const LITERALS = coding([4, 3, ...times(11, 2), 1, 1, 1, ...times(9, 2), 3, 2, ...times(5, ONE), ...times(4, LESS)], 6, 9, [...times(16, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0);
const OFFSETS = coding([...times(6, ONE), 2, 2, 2, ...times(15, ONE), ...times(5, LESS)], 5, 8, Array.from({ length: 32 }, (_, code) => code), 1);
const MATCHES = coding([1, 4, 3, ...times(6, 2), ...times(37, ONE), ...times(7, LESS)], 6, 9, [...times(32, 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 3);

/**
 * @param {number} count
 * @param {number} value
 * @returns {number[]}
 */
function times(count, value) {
  return Array.from({ length: count }, () => value);
}

/** What comes out. There has to be room for what is written. */
class Output {
  length = 0;
  bytes = new Uint8Array(1 << 16);

  /**
   * Makes room for so many more.
   * @param {number} count
   */
  reserve(count) {
    if (this.length + count <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  /**
   * @param {Uint8Array} from
   * @param {number} start
   * @param {number} count
   */
  add(from, start, count) {
    const { bytes, length } = this;
    // Most are short, for which a loop is quicker.
    if (count > 64) bytes.set(from.subarray(start, start + count), length);
    else for (let at = 0; at < count; at += 1) bytes[length + at] = /** @type {number} */ (from[start + at]);
    this.length += count;
  }

  /**
   * Once more what was written so far back, and maybe itself with that.
   * @param {number} back
   * @param {number} count
   */
  copy(back, count) {
    const { bytes, length } = this;
    if (back >= count && count > 64) bytes.copyWithin(length, length - back, length - back + count);
    else for (let at = length; at < length + count; at += 1) bytes[at] = /** @type {number} */ (bytes[at - back]);
    this.length += count;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {(bytes: number) => void} expect is told how many have come out so far, and throws if they are too many
 * @returns {Uint8Array}
 */
export function unpackZstd(bytes, expect) {
  const output = new Output();
  for (let at = 0; at < bytes.length; ) {
    const magic = number(bytes, at, 4);
    if (magic === FRAME) at = unpackFrame(bytes, at + 4, output, expect);
    else if (magic - (magic % 16) === SKIPPED) at += 8 + number(bytes, at + 4, 4);
    else throw new Damaged("something other than zstd follows");
    if (at > bytes.length) throw cut();
  }
  return output.bytes.subarray(0, output.length);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {Output} output
 * @param {(bytes: number) => void} expect
 * @returns {number} where it ends
 */
function unpackFrame(bytes, start, output, expect) {
  const header = headerOf(bytes, start);
  const frame = new Frame(output);
  let at = header.end;
  for (let last = false; !last; ) {
    const block = number(bytes, at, 3);
    const [type, size] = [(block >> 1) & 3, block >> 3];
    last = (block & 1) !== 0;
    at += 3;
    if (size > BLOCK || type === 3) throw new Damaged("a block is of a form that there is not");
    // Of a repeated byte, the size is how often it is repeated.
    const end = at + (type === 1 ? 1 : size);
    if (end > bytes.length) throw cut();
    output.reserve(BLOCK);
    if (type === 0) output.add(bytes, at, size);
    else if (type === 1) output.add(new Uint8Array(size).fill(number(bytes, at, 1)), 0, size);
    else frame.block(bytes.subarray(at, end));
    expect(output.length);
    at = end;
  }
  if (header.content !== null && header.content !== output.length - frame.start) throw new Damaged("more or less comes out than is said");
  return at + header.checksum;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 */
function headerOf(bytes, start) {
  const flags = number(bytes, start, 1);
  const single = (flags & 32) !== 0;
  const [dictionary = 0, size = 0] = [[0, 1, 2, 4][flags & 3], [single ? 1 : 0, 2, 4, 8][flags >> 6]];
  let at = start + 1;
  if (!single) {
    const log = number(bytes, at, 1);
    if (2 ** (10 + (log >> 3)) * (1 + (log & 7) / 8) > WINDOW) throw new Damaged(`it takes a window of more than ${WINDOW >> 20} MiB: pack it without --long`);
    at += 1;
  }
  if ((flags & 8) !== 0 || number(bytes, at, dictionary) !== 0) throw new Damaged("it was packed with a dictionary, or in a newer form");
  at += dictionary;
  const content = size === 0 ? null : number(bytes, at, size) + (size === 2 ? 256 : 0);
  return { content, end: at + size, checksum: (flags & 4) !== 0 ? 4 : 0 };
}

/** What one block of a frame leaves to the next. */
class Frame {
  #huffman = /** @type {import("./zstd-tables.js").Huffman | null} */ (null);
  #states = /** @type {(States | null)[]} */ ([null, null, null]);
  /** The last three different offsets. */
  #recent = [1, 4, 8];

  /** @param {Output} output */
  constructor(output) {
    this.output = output;
    this.start = output.length;
  }

  /** @param {Uint8Array} bytes */
  block(bytes) {
    const { literals, end } = this.#literals(bytes);
    const sequences = this.#sequences(bytes, end);
    const limit = this.output.length + BLOCK;
    let used = 0;
    if (sequences) {
      const { bits, count, codings, states } = sequences;
      let [literal, offset, match] = /** @type {[number, number, number]} */ (states.map((it) => bits.read(it.log)));
      const [l, o, m] = /** @type {[States, States, States]} */ (states);
      for (let left = count; left > 0; left -= 1) {
        const value = extra(codings[1], /** @type {number} */ (o.symbols[offset]), bits);
        const matched = extra(codings[2], /** @type {number} */ (m.symbols[match]), bits);
        const taken = extra(codings[0], /** @type {number} */ (l.symbols[literal]), bits);
        if (left > 1) {
          literal = /** @type {number} */ (l.base[literal]) + bits.read(/** @type {number} */ (l.bits[literal]));
          match = /** @type {number} */ (m.base[match]) + bits.read(/** @type {number} */ (m.bits[match]));
          offset = /** @type {number} */ (o.base[offset]) + bits.read(/** @type {number} */ (o.bits[offset]));
        }
        if (bits.left < 0 || used + taken > literals.length || this.output.length + taken + matched > limit) throw new Damaged("a sequence in a block is wrong");
        this.output.add(literals, used, taken);
        used += taken;
        const back = this.#back(value, taken);
        if (back === 0 || back > this.output.length - this.start) throw new Damaged("a sequence goes too far back");
        this.output.copy(back, matched);
      }
      if (bits.left !== 0) throw new Damaged("sequences are wrong");
    }
    if (this.output.length + literals.length - used > limit) throw new Damaged("a block is too large");
    this.output.add(literals, used, literals.length - used);
  }

  /**
   * How far back a match lies: as far as one of the last three, or by itself.
   * @param {number} value
   * @param {number} literals how many come before it: after none, the last offset is not meant
   */
  #back(value, literals) {
    const [first = 1, second = 1, third = 1] = this.#recent;
    const which = value > 3 ? 4 : value - (literals === 0 ? 0 : 1);
    if (which === 0) return first;
    const back = which === 1 ? second : which === 2 ? third : which === 3 ? first - 1 : value - 3;
    this.#recent = [back, first, which === 1 ? third : second];
    return back;
  }

  /** @param {Uint8Array} bytes */
  #literals(bytes) {
    const first = number(bytes, 0, 1);
    const [type, form] = [first & 3, (first >> 2) & 3];
    if (type < 2) {
      const length = [1, 2, 1, 3][form] ?? 1;
      const size = number(bytes, 0, length) >> (length === 1 ? 3 : 4);
      const end = length + (type === 0 ? size : 1);
      if (size > BLOCK || end > bytes.length) throw new Damaged("literals are cut short");
      return { literals: type === 0 ? bytes.subarray(length, end) : new Uint8Array(size).fill(bytes[length] ?? 0), end };
    }
    const [length = 3, width = 10] = [[3, 3, 4, 5][form], [10, 10, 14, 18][form]];
    const sizes = Math.floor(number(bytes, 0, length) / 16);
    const [size, packed] = [sizes % 2 ** width, Math.floor(sizes / 2 ** width)];
    const end = length + packed;
    if (size > BLOCK || end > bytes.length) throw new Damaged("literals are cut short");
    let at = length;
    if (type === 2) {
      const read = readHuffman(bytes, at, end);
      this.#huffman = read.huffman;
      at = read.end;
    }
    const literals = new Uint8Array(size);
    if (!this.#huffman) throw new Damaged("there is no Huffman table");
    if (form === 0) decode(this.#huffman, new Bits(bytes, at, end), literals);
    else {
      const quarter = (size + 3) >> 2;
      let from = at + 6;
      for (const stream of [0, 1, 2, 3]) {
        const until = stream === 3 ? end : from + number(bytes, at + stream * 2, 2);
        if (until > end || quarter * 3 > size) throw new Damaged("literals are cut short");
        decode(this.#huffman, new Bits(bytes, from, until), literals.subarray(stream * quarter, stream === 3 ? size : (stream + 1) * quarter));
        from = until;
      }
    }
    return { literals, end };
  }

  /**
   * @param {Uint8Array} bytes
   * @param {number} start
   */
  #sequences(bytes, start) {
    const first = number(bytes, start, 1);
    if (first === 0) {
      if (start + 1 !== bytes.length) throw new Damaged("something follows the literals");
      return null;
    }
    const length = first < 128 ? 1 : first < 255 ? 2 : 3;
    const count = length === 1 ? first : length === 2 ? (first - 128) * 256 + number(bytes, start + 1, 1) : number(bytes, start + 1, 2) + 0x7f00;
    let at = start + length + 1;
    const modes = number(bytes, at - 1, 1);
    const codings = /** @type {[Coding, Coding, Coding]} */ ([LITERALS, OFFSETS, MATCHES]);
    const states = codings.map((coding, place) => {
      const mode = (modes >> (6 - place * 2)) & 3;
      let read = mode === 0 ? coding.states : this.#states[place];
      if (mode === 1) {
        const symbol = number(bytes, at, 1);
        if (symbol > coding.mostSymbol) throw new Damaged("a symbol is one that there is not");
        read = always(symbol);
        at += 1;
      } else if (mode === 2) {
        const found = readStates(bytes, at, coding.mostLog, coding.mostSymbol);
        read = found.states;
        at = found.end;
      }
      if (!read) throw new Damaged("there is no table to be used once more");
      this.#states[place] = read;
      return read;
    });
    if ((modes & 3) !== 0) throw new Damaged("sequences are of a form that there is not");
    return { bits: new Bits(bytes, at, bytes.length), count, codings, states };
  }
}

/**
 * @param {Coding} coding
 * @param {number} code
 * @param {Bits} bits
 */
function extra({ base, bits: counts }, code, bits) {
  return /** @type {number} */ (base[code]) + bits.read(/** @type {number} */ (counts[code]));
}

/**
 * A number of so many bytes, the lowest first.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} length
 */
function number(bytes, at, length) {
  if (at + length > bytes.length) throw cut();
  let value = 0;
  for (let place = length - 1; place >= 0; place -= 1) value = value * 256 + (bytes[at + place] ?? 0);
  return value;
}

const cut = () => new Damaged("it ends in the middle");

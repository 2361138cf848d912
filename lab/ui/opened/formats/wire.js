// Protobuf's wire format: a message is a list of numbered fields: trace::otlp::scan::fields.

/** How deep messages may be nested, and how many there may be: an empty one is two bytes in a file and a hundred in memory. */
const [DEEPEST, MOST_MESSAGES] = [100, 4_000_000];
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @typedef {{ number: number, wire: number, value: any }} Field whose value is a bigint, or Uint8Array for wire type 2 */

/** Bytes that are no protobuf message, or not this one. */
export class Malformed extends Error {}

/** A message that is gone over, and how deep it lies in others. */
export class Message {
  /**
   * @param {{ messages: number }} budget
   * @param {number} depth
   */
  constructor(budget, depth) {
    this.budget = budget;
    this.depth = depth;
  }

  /**
   * Goes over the fields in order.
   * @param {Uint8Array} bytes
   * @param {(field: Field) => void} take
   */
  fields(bytes, take) {
    const cursor = new Cursor(bytes);
    while (cursor.at < bytes.length) take(cursor.field(cursor.key(), 0));
  }

  /**
   * What is in all fields of this number.
   * @template T
   * @param {Uint8Array} bytes
   * @param {number} number
   * @param {(bytes: Uint8Array, inner: Message) => T} read
   * @returns {T[]}
   */
  all(bytes, number, read) {
    /** @type {T[]} */
    const found = [];
    this.fields(bytes, (it) => {
      if (it.number === number) found.push(this.inner(it, read));
    });
    return found;
  }

  /**
   * @template T
   * @param {Field} it
   * @param {(bytes: Uint8Array, inner: Message) => T} read
   */
  inner(it, read) {
    this.budget.messages += 1;
    if (this.budget.messages > MOST_MESSAGES) throw new Malformed(`it has more than ${MOST_MESSAGES} messages in one another`);
    if (this.depth >= DEEPEST) throw new Malformed("it is nested too deeply");
    return read(bytesOf(it), new Message(this.budget, this.depth + 1));
  }
}

/** A message's bytes, and how far they were read. */
class Cursor {
  at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /** A field's number and wire type, as one number. */
  key() {
    const key = this.#small();
    if (key >= 2 ** 32 || key < 8) throw new Malformed("a field's key is wrong");
    return key;
  }

  /**
   * @param {number} key
   * @param {number} depth of groups
   * @returns {Field}
   */
  field(key, depth) {
    const [number, wire] = [Math.floor(key / 8), key % 8];
    switch (wire) {
      case 0:
        return { number, wire, value: this.#varint() };
      case 1:
        return { number, wire, value: this.#fixed(8).getBigUint64(0, true) };
      case 2: {
        const length = this.#small();
        return { number, wire, value: this.bytes.subarray(this.#take(length), this.at) };
      }
      case 3:
        this.#skipGroup(number, depth + 1);
        return { number, wire, value: null };
      case 5:
        return { number, wire, value: BigInt(this.#fixed(4).getUint32(0, true)) };
      default:
        throw new Malformed("a field's key is wrong");
    }
  }

  /**
   * Skips a group, an old form that only unknown fields may have.
   * @param {number} number
   * @param {number} depth
   */
  #skipGroup(number, depth) {
    if (depth > DEEPEST) throw new Malformed("it is nested too deeply");
    for (let key = this.key(); key !== number * 8 + 4; key = this.key()) this.field(key, depth);
  }

  /**
   * Goes on by so many bytes.
   * @param {number} length
   * @returns {number} where it was
   */
  #take(length) {
    if (length > this.bytes.length - this.at) throw new Malformed("the message is cut short, or a length in it is wrong");
    this.at += length;
    return this.at - length;
  }

  /** @param {number} length */
  #fixed(length) {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + this.#take(length), length);
  }

  /** A number that is small if it is right. */
  #small() {
    const byte = this.bytes[this.at];
    if (byte === undefined || byte >= 0x80) return Number(this.#varint());
    this.at += 1;
    return byte;
  }

  /** @returns {bigint} */
  #varint() {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = /** @type {number} */ (this.bytes[this.#take(1)]);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value >= 2n ** 64n) break;
        return value;
      }
    }
    throw new Malformed("a number in the message is too long");
  }
}

/**
 * @param {Field} it
 * @param {number} wire
 */
export function typed(it, wire) {
  if (it.wire !== wire) throw new Malformed(`field ${it.number} has the wrong type`);
  return it.value;
}

/** @param {Field} it @returns {Uint8Array} */
export const bytesOf = (it) => typed(it, 2);
/** @param {Field} it @returns {bigint} */
export const wholeOf = (it) => typed(it, 0);
/** @param {Field} it */
export const countOf = (it) => Number(BigInt.asUintN(32, wholeOf(it)));
/** @param {Field} it */
export const enumOf = (it) => Number(BigInt.asIntN(32, wholeOf(it)));

/** @param {Field} it */
export function textOf(it) {
  const bytes = bytesOf(it);
  try {
    return TEXT.decode(bytes);
  } catch {
    throw new Malformed(`text in field ${it.number} is not UTF-8`);
  }
}

// JSON as it is written, which JSON.parse does not keep: whole numbers of 64 bits and the digits of others, the order of an object's
// members and those that occur twice, and where in the text something is wrong.

/** How deep values may be nested. Reading goes as deep, so that a bound is needed. */
const DEEPEST = 512;
const [LEAST_WHOLE, MOST_WHOLE] = [-(2n ** 63n), 2n ** 64n - 1n];
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORDS = /** @type {[string, boolean | null][]} */ ([["true", true], ["false", false], ["null", null]]);

/** A number that is not whole, by its digits. Whole ones are read as bigint. */
export class Double {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  get value() {
    return Number(this.text);
  }
}

/** An object, by its members. */
export class Members {
  /** @param {any[]} pairs keys and values in turn */
  constructor(pairs) {
    this.pairs = pairs;
  }

  /**
   * The value of the first member with this key.
   * @param {string} key
   * @returns {any}
   */
  get(key) {
    const { pairs } = this;
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === key) return pairs[at + 1];
    return undefined;
  }

  /** @param {string} key */
  has(key) {
    return this.get(key) !== undefined;
  }

  /**
   * @template T
   * @param {(key: string, value: any) => T} read
   * @returns {T[]}
   */
  map(read) {
    const { pairs } = this;
    const all = [];
    for (let at = 0; at < pairs.length; at += 2) all.push(read(pairs[at], pairs[at + 1]));
    return all;
  }

  /** @returns {[string, any][]} */
  entries() {
    return this.map((key, value) => [key, value]);
  }
}

/** A text with one JSON value after another in it, and how far it was read. */
export class Json {
  /** What was read of lists and objects that are still open, and how much of it that is: a list that shrinks and grows is copied each time. */
  #stack = /** @type {any[]} */ ([]);
  #top = 0;
  /** Where the next backslash is, as far as one has looked. */
  #escape = -1;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** The character that comes next, after blanks; empty at the end. */
  next() {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return this.text.charAt(this.at);
      this.at += 1;
    }
  }

  /**
   * Goes on if this character is next.
   * @param {string} character
   */
  takes(character) {
    const found = this.next() === character;
    if (found) this.at += 1;
    return found;
  }

  /**
   * @param {number} [depth]
   * @returns {any} null, text, a boolean, a bigint, a Double, a list, or Members
   */
  value(depth = 0) {
    if (depth > DEEPEST) throw this.wrong("it is nested too deeply");
    switch (this.next()) {
      case '"':
        return this.#string();
      case "{":
        return this.#object(depth);
      case "[":
        return this.#list(depth);
      case "":
        throw this.wrong("the text ends in the middle");
      default:
        return this.#simple();
    }
  }

  /** All values up to the end. */
  values() {
    const values = [];
    while (this.next() !== "") values.push(this.value());
    return values;
  }

  /** The one value that there is. */
  only() {
    const value = this.value();
    if (this.next() !== "") throw this.wrong("something follows the end");
    return value;
  }

  /** @param {string} what */
  wrong(what) {
    const lines = this.text.slice(0, this.at).split("\n");
    return new Error(`line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${what}`);
  }

  /** @param {number} depth */
  #list(depth) {
    const from = this.#top;
    this.at += 1;
    if (!this.takes("]")) {
      do this.#push(this.value(depth + 1));
      while (this.takes(","));
      if (!this.takes("]")) throw this.wrong(this.next() === "" ? "the text ends in a list" : "expected a comma or the list's end");
    }
    return this.#since(from);
  }

  /** @param {number} depth */
  #object(depth) {
    const from = this.#top;
    this.at += 1;
    if (!this.takes("}")) {
      do {
        if (this.next() !== '"') throw this.wrong(this.next() === "" ? "the text ends in an object" : "expected a member's name in quotes");
        this.#push(this.#string());
        if (!this.takes(":")) throw this.wrong("expected a colon");
        this.#push(this.value(depth + 1));
      } while (this.takes(","));
      if (!this.takes("}")) throw this.wrong(this.next() === "" ? "the text ends in an object" : "expected a comma or the object's end");
    }
    return new Members(this.#since(from));
  }

  /**
   * What lies on the stack from there on: a list that has no more room than it needs.
   * @param {number} from
   */
  #since(from) {
    const values = this.#stack.slice(from, this.#top);
    this.#top = from;
    return values;
  }

  /** @param {any} value */
  #push(value) {
    this.#stack[this.#top] = value;
    this.#top += 1;
  }

  #string() {
    const start = this.at;
    let end = this.text.indexOf('"', start + 1);
    if (this.#escape < start) {
      const found = this.text.indexOf("\\", start);
      this.#escape = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    if (end >= 0 && end < this.#escape) {
      this.at = end + 1;
      return this.text.slice(start + 1, end);
    }
    for (end = start + 1; end < this.text.length && this.text.charCodeAt(end) !== 34; end += 1) if (this.text.charCodeAt(end) === 92) end += 1;
    if (end >= this.text.length) throw this.wrong("the text ends in the middle of a text");
    try {
      const text = JSON.parse(this.text.slice(start, end + 1));
      this.at = end + 1;
      return text;
    } catch {
      throw this.wrong("a text that is not written as JSON has it");
    }
  }

  #simple() {
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text);
    if (number) {
      this.at = NUMBER.lastIndex;
      const [text, fraction, exponent] = number;
      const whole = fraction === undefined && exponent === undefined && text !== "-0" && text.length <= 20 ? BigInt(text) : null;
      if (whole !== null && whole >= LEAST_WHOLE && whole <= MOST_WHOLE) return whole;
      if (!Number.isFinite(Number(text))) throw this.wrong("a number that is too large");
      return new Double(text);
    }
    const word = WORDS.find(([word]) => this.text.startsWith(word, this.at));
    if (!word) throw this.wrong("expected a JSON value");
    this.at += word[0].length;
    return word[1];
  }
}

// What a question in TraceQL can go on with where the cursor is: a key, one of its values, or an operator. It reads the language
// only as far as that takes; whether a question is right, the lab says.

/**
 * @typedef {object} Place what is being written
 * @property {"key" | "value" | "operator"} kind
 * @property {number} from where the piece begins that a completion replaces
 * @property {number} until where it ends
 * @property {string} typed the piece up to the cursor, without its quotes
 * @property {string} key whose value it is
 * @property {string[]} operators what may follow, if it is an operator
 *
 * @typedef {{ text: string, type: "text" | "word" | "sign" | "open" | "close", from: number, until: number }} Token
 */

const COMPARISONS = ["=", "!=", "=~", "!~", ">", ">=", "<", "<="];
const COMBINED = ["&&", "||"];
const AFTER_SPANS = ["&&", "||", ">>", ">", "~", "| count() >", "| avg(duration) >", "| max(duration) >", "| by(", "| select("];
/** Functions of a pipeline; what is in their parentheses is a key. */
const FUNCTIONS = new Set(["by", "select", "count", "avg", "max", "min", "sum"]);
const TOKEN = /"(?:[^"\\]|\\.)*"?|`[^`]*`?|&&|\|\||[!=<>]=|[=!]~|>>|<<|[{}()]|(?:[\w:\-/]|\.(?:"(?:[^"\\]|\\.)*")?)+|\S/g;

/**
 * @param {string} text
 * @returns {Token[]}
 */
function tokens(text) {
  return [...text.matchAll(TOKEN)].map((match) => {
    const it = match[0];
    const type = /^["`]/.test(it) ? "text" : /^[\w.:]/.test(it) ? "word" : "{(".includes(it) ? "open" : "})".includes(it) ? "close" : "sign";
    return { text: it, type, from: match.index, until: match.index + it.length };
  });
}

/**
 * @param {string} text
 * @param {number} cursor
 * @returns {Place | null} null where nothing can be said
 */
export function placeAt(text, cursor) {
  const all = tokens(text);
  const before = all.filter((it) => it.until < cursor || (it.until === cursor && (it.type !== "word" && !isOpenText(it))));
  const piece = all.find((it) => it.from < cursor && (it.until > cursor || (it.until === cursor && (it.type === "word" || isOpenText(it))))) ?? null;
  if (piece && piece.type !== "word" && piece.type !== "text") return null;
  const [from, until] = piece ? [piece.from, piece.until] : [cursor, cursor];
  const typed = text.slice(from, cursor).replace(/^["`]/, "");
  const last = before[before.length - 1];
  const place = (/** @type {Place["kind"]} */ kind, key = "", /** @type {string[]} */ operators = []) => ({ kind, from, until, typed, key, operators });
  const inside = depth(before);
  if (last && COMPARISONS.includes(last.text)) {
    const key = before[before.length - 2];
    return key?.type === "word" && inside > 0 ? place("value", key.text) : null;
  }
  if (piece?.type === "text") return null;
  if (inside > 0) {
    const asks = !last || last.type === "open" || COMBINED.includes(last.text) || last.text === "," || last.text === "!";
    if (asks) return place("key");
    if (piece) return null;
    const compared = before.length > 1 && COMPARISONS.includes(before[before.length - 2]?.text ?? "");
    if (last.type === "word" && !compared) return place("operator", "", COMPARISONS);
    return last.type === "word" || last.type === "text" ? place("operator", "", COMBINED) : null;
  }
  if (piece) return null;
  return !last ? place("operator", "", ["{ "]) : last.text === "}" ? place("operator", "", AFTER_SPANS) : null;
}

/** @param {Token} token */
function isOpenText(token) {
  return token.type === "text" && (token.text.length < 2 || !token.text.endsWith(token.text[0] ?? ""));
}

/**
 * How deep in braces, or in the parentheses of a function.
 * @param {Token[]} before
 */
function depth(before) {
  let deep = 0;
  let counting = 0;
  before.forEach((it, at) => {
    const counts = it.text === "{" || (it.text === "(" && (deep > 0 || FUNCTIONS.has(before[at - 1]?.text ?? "")));
    if (counts) deep += 1;
    else if (it.text === "(") counting += 1;
    else if (it.text === ")" && counting > 0) counting -= 1;
    else if (it.type === "close") deep -= 1;
  });
  return deep;
}

/**
 * The names of keys as they are written, from what the lab knows.
 * @param {{ name: string, tags: string[] }[]} scopes
 * @param {string} typed
 * @returns {string[]}
 */
export function keys(scopes, typed) {
  const written = (/** @type {string} */ tag) => (/^[\w.:\-/]+$/.test(tag) ? tag : JSON.stringify(tag));
  const list = scopes.flatMap(({ name, tags }) => tags.map((tag) => (name === "intrinsic" ? tag : typed.startsWith(".") ? `.${written(tag)}` : `${name}.${written(tag)}`)));
  return fitting([...new Set(list)], typed);
}

/**
 * A value as it is written.
 * @param {{ type: string, value: string }} value
 */
export function written({ type, value }) {
  return type === "string" ? JSON.stringify(value) : value;
}

/**
 * Those that begin with what is typed, then those that contain it.
 * @param {string[]} list
 * @param {string} typed
 */
export function fitting(list, typed) {
  const wanted = typed.toLowerCase();
  const at = (/** @type {string} */ it) => it.toLowerCase().replace(/^"/, "").indexOf(wanted);
  const begins = list.filter((it) => at(it) === 0);
  return [...begins, ...list.filter((it) => at(it) > 0)];
}

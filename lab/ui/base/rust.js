// Rust, in colours: enough of the language to tell words, texts and comments apart, a line at a time.

const KEYWORDS = new Set(("as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref " +
  "return self Self static struct super trait true type unsafe use where while").split(" "));
const TOKEN = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(b?r(#*)"[\s\S]*?"\3|b?"(?:[^"\\]|\\[\s\S])*"|b?'(?:[^'\\\n]|\\[^\n]{1,8}?)')|('[a-z_]\w*|#!?\[)|(\d[\w.]*)|([A-Za-z_]\w*)(!?)/g;

/** @typedef {[string, string]} Token a class, which may be empty, and a text */

/**
 * The lines of a text, each in tokens.
 * @param {string} text
 * @returns {Token[][]}
 */
export function highlight(text) {
  /** @type {Token[][]} */
  const lines = [[]];
  const push = (/** @type {string} */ kind, /** @type {string} */ piece) => {
    piece.split("\n").forEach((part, at) => {
      if (at > 0) lines.push([]);
      if (part) lines[lines.length - 1]?.push([kind, part]);
    });
  };
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    push("", text.slice(end, found.index));
    end = found.index + found[0].length;
    push(kindOf(found, text[end] ?? ""), found[0]);
  }
  push("", text.slice(end));
  return lines;
}

/**
 * @param {RegExpMatchArray} found
 * @param {string} next the character after it
 */
function kindOf([, comment, string, , mark, number, word, bang], next) {
  if (comment) return "comment";
  if (string) return "text";
  if (mark) return "mark-of";
  if (number) return "figure";
  if (!word) return "";
  if (KEYWORDS.has(word)) return "keyword";
  if (bang || next === "(") return "call";
  return /^[A-Z]/.test(word) ? "type" : "";
}

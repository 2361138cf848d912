// Prose with names of spans, metrics and attributes between backticks.

import { html } from "../vendor/preact-htm.js";

/** @param {string} text */
export function quoted(text) {
  return text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));
}

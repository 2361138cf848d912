// A block of lines of the waterfall, with their bars. Blocks come and go as one scrolls, and what is in one stays as it is.

import { html, useMemo } from "../vendor/preact-htm.js";
import { bars } from "./bar.js";
import { Line, ROW } from "./line.js";

/** How many lines a block has. */
export const BLOCK = 14;

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {import("./lines.js").Lines} properties.lines
 * @param {import("./lines.js").Choice} properties.choice
 * @param {import("./axis.js").Range} properties.range
 * @param {number} properties.at which block
 * @param {number} properties.width of the bars, in pixels
 * @param {number} properties.current the line that the keys are at, −1 if it is in another block
 * @param {number} properties.chosen
 */
export function Block({ trace, lines, choice, range, at, width, current, chosen }) {
  const [first, last] = [at * BLOCK, Math.min((at + 1) * BLOCK, lines.length)];
  const picture = useMemo(() => bars({ trace, lines, choice, range, first, last, width }), [lines, range, width, at]);
  return useMemo(() => html`<div class="block" role="presentation" style=${`top:${first * ROW}px;height:${(last - first) * ROW}px`}>
    ${Array.from({ length: last - first }, (_, place) => first + place).map((line) => html`<${Line} key=${line - first} ...${{ trace, lines, choice }} at=${line} current=${line === current} chosen=${line === chosen} />`)}
    ${picture}</div>`, [lines, picture, current, chosen]);
}

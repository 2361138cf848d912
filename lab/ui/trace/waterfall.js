// The waterfall: one line a span or several alike, of which only those on the screen are drawn, so that a hundred thousand are as
// quick as a hundred.

import { useMedia, useSize } from "../base/dom.js";
import { count } from "../base/format.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { Axis } from "./axis.js";
import { BLOCK, Block } from "./block.js";
import { keys } from "./keys.js";
import { ROW } from "./line.js";
import { placeOf, stateOf, toggled, visible } from "./lines.js";

/** How many lines are printed: paper does not scroll. */
const PRINTED = 150;
/** @typedef {import("./axis.js").Range} Range */

/**
 * @param {object} properties
 * @param {import("./model.js").Trace} properties.trace
 * @param {import("./lines.js").Choice} properties.choice
 * @param {(choice: import("./lines.js").Choice) => void} properties.onChoice
 * @param {number} properties.selected a row
 * @param {(row: number) => void} properties.onSelect
 * @param {() => void} properties.onLeave what Escape does
 * @param {number} [properties.scale] how many nanoseconds are shown at first, to compare traces by eye
 */
export function Waterfall({ trace, choice, onChoice, selected, onSelect, onLeave, scale }) {
  const lines = useMemo(() => visible(trace, choice), [trace, choice]);
  const whole = useMemo(() => ({ from: 0, until: Math.max(scale ?? 0, trace.extent) }), [trace, scale]);
  const [range, setRange] = useState(/** @type {Range} */ (whole));
  const [cursor, setCursor] = useState(0);
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const axis = useRef(/** @type {HTMLElement | null} */ (null));
  const { height } = useSize(scroller);
  const { width } = useSize(axis);
  const [top, setTop] = useState(0);
  const printing = useMedia("print");
  useEffect(() => setRange(whole), [whole]);
  const place = useMemo(() => placeOf(trace, lines, selected), [trace, lines, selected]);
  // What is chosen elsewhere, in a list say, is brought into view.
  useEffect(() => {
    if (place >= 0 && lines.row[cursor] !== selected) moveTo(place);
  }, [selected, lines]);

  const moveTo = (/** @type {number} */ at) => {
    const place = Math.max(Math.min(at, lines.length - 1), 0);
    setCursor(place);
    const element = scroller.current;
    if (!element) return;
    const y = place * ROW;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + ROW > element.scrollTop + element.clientHeight) element.scrollTop = y + ROW - element.clientHeight;
  };
  // With a span's details beside, they are those of the line that the keys are at.
  const walkTo = (/** @type {number} */ at) => {
    moveTo(at);
    const row = lines.row[Math.max(Math.min(at, lines.length - 1), 0)];
    if (selected >= 0 && row !== undefined) onSelect(row);
  };
  const pointed = (/** @type {MouseEvent} */ event) => {
    const element = /** @type {Element} */ (event.target);
    const at = Number(element.closest(".line")?.getAttribute("data-at") ?? -1);
    if (at < 0) return;
    const onToggle = element.closest(".toggle") !== null;
    if (onToggle === (event.type === "click") && stateOf(trace, lines, at, choice) !== "leaf") onChoice(toggled(trace, lines, at, choice));
    if (onToggle || event.type !== "click") return;
    setCursor(at);
    onSelect(lines.row[at]);
  };

  // A few lines more than are seen on either side are there when they come into view.
  const blocks = Math.ceil((printing ? Math.min(lines.length, PRINTED) : lines.length) / BLOCK);
  const first = printing ? 0 : Math.max(0, Math.floor(top / ROW / BLOCK - 0.5));
  const last = Math.min(printing ? blocks : Math.ceil((top + Math.max(height, 300)) / ROW / BLOCK + 0.5), blocks);
  // A block that goes out of view is the one that comes into it: to fill it anew is cheaper than to make another.
  const slots = Math.max(Math.ceil(Math.max(height, 300) / ROW / BLOCK) + 2, last - first);
  const block = (/** @type {number} */ at, /** @type {number | string} */ key) => {
    const within = (/** @type {number} */ line) => (line >= at * BLOCK && line < (at + 1) * BLOCK ? line : -1);
    return html`<${Block} key=${key} ...${{ trace, lines, choice, range, at, width }} current=${within(cursor)} chosen=${within(place)} />`;
  };
  const shown = [];
  for (let at = first; at < last; at += 1) shown.push(block(at, at % slots));
  // The line that the keys are at stays when it is scrolled away, for whoever has it read out.
  const held = Math.floor(cursor / BLOCK);
  if (held < blocks && (held < first || held >= last)) shown.push(block(held, "held"));
  const above = useMemo(() => html`<${Axis} field=${axis} width=${width} range=${range} whole=${whole} onRange=${setRange} />`, [width, range, whole]);
  return html`<div class="waterfall">
    ${above}${HATCHES}
    <div class="lines" ref=${scroller} style=${{ height: printing ? "auto" : `min(${Math.max(lines.length, 4) * ROW + 6}px, max(70vh, 100vh - 17rem))` }} role="tree" tabindex="0"
      aria-label="spans of the trace"
      aria-activedescendant=${lines.length > 0 ? `line-${trace.id}-${cursor}` : undefined}
      onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.currentTarget).scrollTop)}
      onClick=${pointed} onDblClick=${pointed}
      onKeyDown=${keys({ trace, lines, choice, onChoice, cursor, moveTo: walkTo, onSelect, onLeave, setRange, whole })}>
      <div class="room" role="presentation" style=${{ height: `${Math.min(lines.length, printing ? PRINTED : lines.length) * ROW}px` }}>${shown}</div>
    </div>
    ${printing && lines.length > PRINTED && html`<p class="note">${count(lines.length - PRINTED)} more lines are not printed</p>`}
  </div>`;
}

/** How what waits is filled, one for each colour. */
const HATCHES = html`<svg class="hidden" aria-hidden="true"><defs>${Array.from({ length: 8 }, (_, place) => html`<pattern id=${`hatch${place}`} class=${`service${place}`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(30)"><path d="M0 0v5" /></pattern>`)}</defs></svg>`;

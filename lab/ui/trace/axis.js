// The time axis above the waterfall. Dragging over it zooms in.

import { duration, step } from "../base/format.js";
import { html, useState } from "../vendor/preact-htm.js";

/** @typedef {{ from: number, until: number }} Range nanoseconds from the trace's origin */

/**
 * @param {{ field: import("../vendor/preact-htm.js").Ref<HTMLElement>, width: number, range: Range, whole: Range, onRange: (range: Range) => void }} properties `width` in pixels is that of `field`
 */
export function Axis({ field, width: pixels, range, whole, onRange }) {
  const [drag, setDrag] = useState(/** @type {[number, number] | null} */ (null));
  const width = range.until - range.from;
  const size = step(width, Math.max(2, pixels / 110));
  const ticks = [];
  for (let at = Math.ceil(range.from / size) * size; at <= range.until - width * 0.06; at += size) ticks.push(at);
  const share = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  };
  const zoomed = range.from !== whole.from || range.until !== whole.until;
  return html`<div class="axis">
    <span class="label">${zoomed
      ? html`<button type="button" onClick=${() => onRange(whole)}>show all ${duration(whole.until - whole.from)}</button>`
      : html`<span class="hint">drag on the time axis to zoom</span>`}</span>
    <span class="took">total</span>
    <div class="ticks" ref=${field}
      onPointerDown=${(/** @type {PointerEvent} */ event) => {
        /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
        setDrag([share(event), share(event)]);
      }}
      onPointerMove=${(/** @type {PointerEvent} */ event) => drag && setDrag([drag[0], share(event)])}
      onPointerUp=${() => {
        if (drag && Math.abs(drag[0] - drag[1]) > 0.01) {
          const [from, until] = [Math.min(...drag), Math.max(...drag)];
          onRange({ from: range.from + from * width, until: range.from + until * width });
        }
        setDrag(null);
      }}
      onDblClick=${() => onRange(whole)}>
      ${ticks.map((at) => html`<span class="tick" style=${{ left: `${((at - range.from) / width) * 100}%` }}>${at === 0 ? "0" : duration(at)}</span>`)}
      ${drag && html`<i class="drag" style=${{ left: `${Math.min(...drag) * 100}%`, width: `${Math.abs(drag[0] - drag[1]) * 100}%` }}></i>`}
    </div>
  </div>`;
}

/**
 * The stretch of time that some spans take, with a margin.
 * @param {import("./model.js").Trace} trace
 * @param {number[]} rows
 * @returns {Range}
 */
export function around(trace, rows) {
  let from = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    from = Math.min(from, trace.start[row]);
    until = Math.max(until, trace.start[row] + trace.duration[row]);
  }
  const margin = Math.max((until - from) * 0.05, 1);
  return { from: from - margin, until: until + margin };
}

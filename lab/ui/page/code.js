// The healthy and the faulty implementation side by side. Below each other where there is no room.

import { highlight } from "../base/rust.js";
import { html, useMemo } from "../vendor/preact-htm.js";
import { useAnswer } from "./api.js";
import { Trouble } from "./trouble.js";

/** @typedef {{ healthy: string | null, faulty: string | null, same: boolean }} Row */

/** @param {{ fault: string, at: string }} properties */
export function Code({ fault, at }) {
  const { data, trouble } = useAnswer(`/lab/drive/code?fault=${encodeURIComponent(fault)}&at=${encodeURIComponent(at)}`);
  if (!data) return html`<${Trouble} trouble=${trouble} waiting="reading the code" />`;
  return html`<section class="code" aria-label="code"><h3>The code <span class="quiet">${data.part} of <code>${at}</code></span></h3>
    <${Sides} data=${data} /></section>`;
}

/** @param {{ data: { healthy: string, faulty: string, rows: Row[] } }} properties */
function Sides({ data }) {
  const healthy = useMemo(() => lines(data.rows, "healthy"), [data]);
  const faulty = useMemo(() => lines(data.rows, "faulty"), [data]);
  let [left, right] = [0, 0];
  return html`<div class="sides" role="table" aria-label="both files, line by line" tabindex="0">
    <div class="side-head" role="row"><span role="columnheader"><b class="held">healthy</b> <code>${data.healthy}</code></span><span role="columnheader"><b class="error">faulty</b> <code>${data.faulty}</code></span></div>
    ${data.rows.map((row) => {
      if (row.healthy !== null) left += 1;
      if (row.faulty !== null) right += 1;
      return html`<div class=${row.same ? "row same" : "row"} role="row">
        <${Side} sign=${row.same ? " " : "−"} number=${row.healthy === null ? 0 : left} tokens=${healthy[left - 1]} />
        <${Side} sign=${row.same ? " " : "+"} number=${row.faulty === null ? 0 : right} tokens=${faulty[right - 1]} /></div>`;
    })}</div>`;
}

/** @param {{ sign: string, number: number, tokens: import("../base/rust.js").Token[] | undefined }} properties */
function Side({ sign, number, tokens }) {
  if (number === 0) return html`<span role="cell" class="side none"></span>`;
  return html`<span role="cell" class=${`side ${{ "−": "less", "+": "more" }[sign] ?? ""}`}><i>${number}</i><b>${sign}</b><code>${(tokens ?? []).map(([kind, text]) => (kind ? html`<span class=${kind}>${text}</span>` : text))}</code></span>`;
}

/**
 * @param {Row[]} rows
 * @param {"healthy" | "faulty"} side
 */
function lines(rows, side) {
  return highlight(rows.flatMap((row) => row[side] ?? []).join("\n"));
}

// A service's CPU profile, recorded when asked for and drawn as a trace's flame graph is: what ran, beside what was waited for.

import { plural, printable } from "../base/format.js";
import { FlameGraph } from "../trace/flame.js";
import { html, useMemo, useState } from "../vendor/preact-htm.js";
import { control, useChange } from "./control.js";

/** How much processor time a sample stands for, in nanoseconds. */
const SAMPLE = 1e7;

/** @typedef {{ service: string, seconds: number, samples: number, functions: string[], nodes: [number, number, number][] }} Recorded */

/** @param {{ services: string[], service: string }} properties `service` is the chosen span's */
export function Profile({ services, service }) {
  const [recorded, setRecorded] = useState(/** @type {Recorded | null} */ (null));
  const { busy, wrong, change } = useChange(() => {});
  const stacks = useMemo(() => recorded && stacksOf(recorded), [recorded]);
  const record = (/** @type {any} */ event) => {
    event.preventDefault();
    change(async () => setRecorded(await control("GET", `/profile?${new URLSearchParams(/** @type {any} */ (new FormData(event.target)))}`)));
  };
  return html`<section class="profile" aria-label="CPU profile"><form class="flames-box" onSubmit=${record}>
      <label>CPU profile of <select name="service">${services.filter((it) => it !== "load").map((it) => html`<option value=${it} selected=${it === service}>${printable(it)}</option>`)}</select></label>
      <label> for <input name="seconds" type="number" min="1" max="15" required defaultValue="3" /> s </label>
      <button type="submit" disabled=${busy}>${busy ? "recording" : "record"}</button>
      <p role="status" class="note">${wrong || (recorded && `${recorded.service}: ${plural(recorded.samples, "sample")} in ${recorded.seconds} s`)}</p>
    </form>
    ${stacks?.length ? html`<${FlameGraph} key=${recorded} trace=${stacks} />` : null}</section>`;
}

/**
 * What names the service's own code has its colour.
 * @param {Recorded} recorded
 * @returns {import("../trace/flame.js").Stacks}
 */
function stacksOf({ service, functions, nodes }) {
  const own = Float64Array.from(nodes, (node) => node[2] * SAMPLE);
  const name = Int32Array.from(nodes, (node) => node[1]);
  const nameOf = (/** @type {number} */ row) => functions[name[row] ?? 0] ?? "";
  return { length: nodes.length, parent: Int32Array.from(nodes, (node) => node[0]), service: name, name, own, duration: own, nameOf, serviceOf: (row) => (nameOf(row).includes(`${service}::`) ? service : ""), isWait: () => false };
}

// One trace by its id, and two of them compared.

import { duration, printable } from "../base/format.js";
import { Compare } from "../compare/compare.js";
import { findSent } from "../trace/detail.js";
import { Trace } from "../trace/model.js";
import { TraceView } from "../trace/trace.js";
import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { ask, useAnswer } from "./api.js";
import { Trouble } from "./trouble.js";

/** What somebody set aside to compare with. Gone with the tab, which is what one expects of it. */
const ASIDE = "faultmart.compare";

/** @param {{ id: string }} properties */
export function OneTrace({ id }) {
  const { data, trouble } = useAnswer(`/lab/traces/${encodeURIComponent(id)}/drawing`);
  const trace = useMemo(() => (data ? new Trace(data) : null), [data]);
  const [aside, setAside] = useState(() => sessionStorage.getItem(ASIDE) ?? "");
  useEffect(() => {
    if (trace) document.title = `${trace.nameOf(trace.drawing.root)}: Faultmart`;
  }, [trace]);
  if (!trace) return html`<${Trouble} trouble=${trouble} waiting="reading the trace" />`;
  const root = trace.drawing.root;
  const details = async (/** @type {string} */ span) => findSent(await ask(`/lab/traces/${id}/spans/${span}`), span);
  const remember = () => {
    sessionStorage.setItem(ASIDE, id);
    setAside(id);
  };
  return html`<div><header class="trace-head"><h2><span class="service">${printable(trace.serviceOf(root))}</span> ${printable(trace.nameOf(root))} <span class="quiet">${duration(trace.duration[root])}</span></h2>
      <p class="quiet"><code>${id}</code> · ${new Date(Number(trace.drawing.origin_unix_ns) / 1e6).toLocaleString()}
        ${aside && aside !== id ? html` <button type="button" onClick=${() => go(link("compare", { before: aside, after: id }))}>compare with the one set aside</button>` : html` <button type="button" disabled=${aside === id} onClick=${remember}>${aside === id ? "set aside; open another to compare" : "set aside to compare"}</button>`}</p></header>
    <${TraceView} trace=${trace} details=${details} onLink=${(/** @type {string} */ other) => go(link(`trace/${other}`))} /></div>`;
}

/** @param {{ parameters: URLSearchParams }} properties */
export function TwoTraces({ parameters }) {
  const [before, after] = [parameters.get("before") ?? "", parameters.get("after") ?? ""];
  const both = before && after;
  const { data, trouble } = useAnswer(both ? `/lab/compare?before=${encodeURIComponent(before)}&after=${encodeURIComponent(after)}` : null);
  if (!both) return html`<section class="empty"><h2>Compare two traces</h2><p>Choose two in the <a href=${link("traces")}>list of traces</a>, or set one aside and open another.</p></section>`;
  return html`<div><header class="trace-head"><h2>Compared</h2><p class="quiet">before: <a href=${link(`trace/${before}`)}><code>${before}</code></a> · after: <a href=${link(`trace/${after}`)}><code>${after}</code></a>
      <button type="button" onClick=${() => go(link("compare", { before: after, after: before }))}>the other way round</button></p></header>
    <${Trouble} trouble=${trouble} waiting=${data ? "" : "comparing"} />
    ${data && html`<${Compare} comparison=${data} before="before" after="after" />`}</div>`;
}

// One trace by its id.

import { duration, printable } from "../base/format.js";
import { findSent } from "../trace/detail.js";
import { logsOf } from "../trace/logs.js";
import { Trace } from "../trace/model.js";
import { TraceView } from "../trace/trace.js";
import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { ask, useAnswer } from "./api.js";
import { token } from "./control.js";
import { Meanwhile } from "./meanwhile.js";
import { Profile } from "./profile.js";
import { Trouble } from "./trouble.js";

/** What somebody set aside to compare with. Gone with the tab, which is what one expects of it. */
const ASIDE = "faultmart.compare";

/** How often a trace is looked at again while it comes in, in milliseconds. */
const AGAIN = 3000;
/** How old a trace is from which nothing more is expected, in milliseconds: if its root is here, and if it is not. */
const OLD = { whole: 20_000, rootless: 600_000 };
/** The largest trace that is asked for again. */
const LARGEST = 5000;

/**
 * Whether more spans of a trace may come.
 * @param {Trace} trace
 */
function comes(trace) {
  const age = Date.now() - Number(trace.drawing.origin_unix_ns) / 1e6;
  const rootless = (trace.irregular.get(trace.drawing.root) ?? []).some(({ what }) => what === "orphan");
  return trace.length < LARGEST && age < (rootless ? OLD.rootless : OLD.whole);
}

/** @param {{ id: string, span: string }} properties */
export function OneTrace({ id, span }) {
  const [every, setEvery] = useState(0);
  const { data, trouble } = useAnswer(`/lab/traces/${encodeURIComponent(id)}/drawing`, every);
  const { data: logged } = useAnswer(data ? `/lab/logs?trace_id=${encodeURIComponent(id)}` : null);
  const trace = useMemo(() => (data ? new Trace(data) : null), [data && `${data.trace_id} ${data.rows.id.length}`]);
  const logs = useMemo(() => (trace && logged ? logsOf(trace, logged) : []), [trace, logged]);
  const [aside, setAside] = useState(() => sessionStorage.getItem(ASIDE) ?? "");
  // More of it may be on its way; what nobody can wait for is not asked for again and again.
  useEffect(() => setEvery(trace && comes(trace) ? AGAIN : 0), [data]);
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
  // The address says which span is chosen, so that a link is a finding; going back is still going to the last view.
  const chosen = (/** @type {string} */ span) => history.replaceState(null, "", link(`trace/${id}`, { span }));
  return html`<div><header class="trace-head"><h2><span class="service">${printable(trace.serviceOf(root))}</span> ${printable(trace.nameOf(root))} <span class="quiet">${duration(trace.duration[root])}</span></h2>
      <p class="quiet"><code>${id}</code> · ${new Date(Number(trace.drawing.origin_unix_ns) / 1e6).toLocaleString()}
        ${aside && aside !== id ? html` <button type="button" onClick=${() => go(link("compare", { before: aside, after: id }))}>compare with the one set aside</button>` : html` <button type="button" disabled=${aside === id} onClick=${remember}>${aside === id ? "set aside; open another to compare" : "set aside to compare"}</button>`}
        <button type="button" onClick=${() => go(link("traces", { q: `{ link:traceID = "${trace.id}" }` }))}>what links to it</button></p></header>
    <${TraceView} trace=${trace} focused=${true} details=${details} logs=${logs} span=${span} onChosen=${chosen} meanwhile=${(/** @type {number} */ row) => html`<${Meanwhile} key=${row} trace=${trace} row=${row} />`} beside=${token() ? (/** @type {string} */ service) => html`<${Profile} services=${trace.drawing.services} service=${service} />` : undefined} onLink=${(/** @type {string} */ other, /** @type {string} */ at) => go(link(`trace/${other}`, { span: at }))} /></div>`;
}

// A trace file that somebody opens in the report, which has no lab to ask: it is read and drawn here.

import { FileButton } from "../base/drop.js";
import { count, duration, plural, printable } from "../base/format.js";
import { draw } from "../opened/draw.js";
import { READ, readFile } from "../opened/formats/read.js";
import { Trace } from "../trace/model.js";
import { TraceView } from "../trace/trace.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";

/** The most traces that are listed. */
const MOST = 500;

/** @typedef {import("../trace/detail.js").Sent} Sent */

export function Opened() {
  const [file, setFile] = useState("");
  const [wrong, setWrong] = useState("");
  const [traces, setTraces] = useState(/** @type {Map<string, Sent[]>} */ (new Map()));
  const [shown, setShown] = useState("");
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const take = async (/** @type {File} */ chosen) => {
    setFile(chosen.name);
    setWrong("");
    try {
      const read = await readFile(chosen);
      setTraces(read);
      setShown(read.size === 1 ? ([...read.keys()][0] ?? "") : "");
    } catch (error) {
      setTraces(new Map());
      setWrong(`${chosen.name}: ${/** @type {Error} */ (error).message}`);
    }
    place.current?.scrollIntoView();
  };
  const follow = (/** @type {string} */ id) => traces.has(id) && setShown(id);
  return html`<section ref=${place} id="open"><h2>Open a trace file</h2>
    <p>Drop one anywhere onto this page, or <${FileButton} label="choose one" onFile=${take} />. It stays in this browser. Read here: ${READ}. <code>faultmart lab FILE</code> opens larger ones.</p>
    ${wrong && html`<p class="error" role="alert">${wrong}</p>`}
    ${traces.size > 0 && html`<p role="status">${file}: ${plural(traces.size, "trace")}</p>`}
    ${traces.size > 1 && html`<${Chooser} traces=${traces} shown=${shown} onShow=${setShown} />`}
    ${traces.has(shown) && html`<${One} key=${shown} sent=${traces.get(shown)} onFollow=${follow} />`}</section>`;
}

/** @param {{ traces: Map<string, Sent[]>, shown: string, onShow: (id: string) => void }} properties */
function Chooser({ traces, shown, onShow }) {
  const list = useMemo(() => [...traces].map(([id, sent]) => ({ id, spans: sent.length, ...extent(sent) })).sort((one, other) => other.took - one.took), [traces]);
  return html`<div class="scroll chooser" tabindex="0"><table><thead><tr><th scope="col">trace</th><th scope="col" class="number">duration</th><th scope="col" class="number">spans</th></tr></thead>
    <tbody>${list.slice(0, MOST).map((it) => html`<tr key=${it.id} aria-current=${it.id === shown ? "true" : undefined}><th scope="row"><button type="button" class="link" onClick=${() => onShow(it.id)}>${printable(it.name) || "(no name)"} <code class="quiet">${it.id}</code></button></th>
      <td class="number">${duration(it.took)}</td><td class="number">${count(it.spans)}</td></tr>`)}</tbody></table>
    ${list.length > MOST && html`<p class="note">the longest ${MOST} of ${count(list.length)}</p>`}</div>`;
}

/**
 * The first span without a parent, and how long it is from the first start to the last end.
 * @param {Sent[]} sent
 */
function extent(sent) {
  let [first, last] = [BigInt(sent[0]?.span.startTimeUnixNano ?? 0), 0n];
  for (const { span } of sent) {
    const [start, end] = [BigInt(span.startTimeUnixNano ?? 0), BigInt(span.endTimeUnixNano ?? 0)];
    if (start < first) first = start;
    if (end > last) last = end;
  }
  const root = sent.find(({ span }) => !span.parentSpanId) ?? sent[0];
  return { name: root?.span.name ?? "", took: Number(last - first) };
}

/** @param {{ sent: Sent[], onFollow: (id: string) => void }} properties */
function One({ sent, onFollow }) {
  const trace = useMemo(() => new Trace(draw(sent)), [sent]);
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => field.current?.scrollIntoView({ block: "nearest" }), []);
  const details = async (/** @type {string} */ id) => sent.find((it) => it.span.spanId === id) ?? null;
  return html`<div ref=${field}><${TraceView} trace=${trace} details=${details} onLink=${onFollow} /></div>`;
}

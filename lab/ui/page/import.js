// A trace file that somebody drops onto the page: the lab reads it, and the page opens what was in it.

import { FileButton } from "../base/drop.js";
import { plural } from "../base/format.js";
import { html, useState } from "../vendor/preact-htm.js";
import { go, link } from "./address.js";
import { send } from "./api.js";

export function Import() {
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState("");
  const take = async (/** @type {File} */ file) => {
    setWrong("");
    setSaid(`reading ${file.name} …`);
    try {
      const { format, spans, traces, evicted, rejected, trace_ids: ids } = await send(`/lab/import?name=${encodeURIComponent(file.name)}`, file);
      const lost = [evicted > 0 && `${plural(evicted, "trace")} had to go again, the lab is full: give it more --memory`, rejected > 0 && `${plural(rejected, "span")} with ids that are none are left out`].filter(Boolean).join("; ");
      setSaid(`${file.name} (${format}): ${plural(spans, "span")} in ${plural(traces, "trace")}${lost ? `; ${lost}` : ""}`);
      if (ids.length > 0) go(traces === 1 ? link(`trace/${ids[0]}`) : link("traces", { opened: String(Date.now()) }));
    } catch (error) {
      setSaid("");
      setWrong(`${file.name}: ${/** @type {Error} */ (error).message}`);
    }
  };
  return html`<div class="import"><${FileButton} label="open a file" onFile=${take} />
    ${said && html`<p role="status">${said} <button type="button" class="close" aria-label="close" onClick=${() => setSaid("")}>×</button></p>`}
    ${wrong && html`<p class="error" role="alert">${wrong} <button type="button" class="close" aria-label="close" onClick=${() => setWrong("")}>×</button></p>`}</div>`;
}

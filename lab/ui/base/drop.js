// A file that is dropped anywhere onto the page, or chosen with a button.

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";

/** @param {{ label: string, onFile: (file: File) => void }} properties */
export function FileButton({ label, onFile }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [over, setOver] = useState(false);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const dragged = (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(event.type === "dragover");
      const file = event.type === "drop" ? event.dataTransfer.files[0] : undefined;
      if (file) latest.current(file);
    };
    const left = (/** @type {DragEvent} */ event) => event.relatedTarget === null && setOver(false);
    addEventListener("dragover", dragged);
    addEventListener("drop", dragged);
    addEventListener("dragleave", left);
    return () => {
      removeEventListener("dragover", dragged);
      removeEventListener("drop", dragged);
      removeEventListener("dragleave", left);
    };
  }, []);
  return html`<span class="file"><button type="button" onClick=${() => field.current?.click()}>${label}</button>
    <input ref=${field} type="file" class="hidden" tabindex="-1" aria-hidden="true" onChange=${(/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const file = input.files?.[0];
      if (file) onFile(file);
      // The same file may be chosen again.
      input.value = "";
    }} />
    ${over && html`<span class="drop" aria-hidden="true"><span>drop the trace file</span></span>`}</span>`;
}

// What went wrong, where one looks for what is not there.

import { html } from "../vendor/preact-htm.js";

/** @param {{ trouble: import("./api.js").Refused | null, waiting?: string }} properties */
export function Trouble({ trouble, waiting }) {
  if (trouble && (trouble.status === 0 || trouble.status >= 500)) {
    return html`<p class="odd" role="alert">${trouble.message}; trying again. What is shown may be old.</p>`;
  }
  if (trouble) return html`<p class="error" role="alert">${trouble.message}</p>`;
  return waiting ? html`<p class="quiet" role="status">${waiting} …</p>` : null;
}

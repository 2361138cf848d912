// What metrics and traces show of a fault, side by side, and what they hide; with what they say here and now, if that is known.

import { quoted } from "../base/quoted.js";
import { html } from "../vendor/preact-htm.js";

/**
 * @typedef {{ shows: boolean, what: string }} Witness
 * @typedef {{ metrics: Witness, traces: Witness }} ShownBy
 */

/** @param {{ shown: ShownBy, metrics?: unknown, traces?: unknown }} properties */
export function Witnesses({ shown, metrics, traces }) {
  const side = (/** @type {string} */ name, /** @type {Witness} */ { shows, what }, /** @type {unknown} */ said) => html`<div><h3>${name} <span class=${shows ? "held" : "error"}>${shows ? "✓ show it" : "✗ hide it"}</span></h3><p>${quoted(what)}</p>${said}</div>`;
  return html`<div class="witnesses">${side("Metrics", shown.metrics, metrics)}${side("Traces", shown.traces, traces)}</div>`;
}

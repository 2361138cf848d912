// A field for a question in TraceQL that offers how to go on, and says what is wrong under the character that it is about.

import { useId } from "../base/dom.js";
import { plural, printable } from "../base/format.js";
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { ask } from "./api.js";
import { fitting, keys, placeAt, written } from "./complete.js";

/** The most that are offered at once. */
const MOST = 50;
/** The most values that are asked for. */
const VALUES = 1000;
/** For how long what the lab knows is remembered, in milliseconds: a shop that has just begun knows more in a while. */
const REMEMBERED = 20_000;

/** @type {Map<string, { at: number, answer: Promise<any> }>} */
const known = new Map();

/** @param {string} path */
function remembered(path) {
  const found = known.get(path);
  if (found && performance.now() - found.at < REMEMBERED) return found.answer;
  const answer = ask(path);
  known.set(path, { at: performance.now(), answer });
  answer.catch(() => known.delete(path));
  return answer;
}

/**
 * @param {import("./complete.js").Place} place
 * @returns {Promise<string[]>}
 */
async function offers(place) {
  if (place.kind === "operator") return place.operators;
  if (place.kind === "key") return keys((await remembered("/api/v2/search/tags")).scopes ?? [], place.typed);
  const { tagValues } = await remembered(`/api/v2/search/tag/${encodeURIComponent(place.key)}/values?limit=${VALUES}`);
  return fitting((tagValues ?? []).map(written), place.typed);
}

/** @typedef {{ place: import("./complete.js").Place, list: string[], at: number }} Offered */

/**
 * @param {object} properties
 * @param {string} properties.label
 * @param {string} properties.value
 * @param {(text: string) => void} properties.onInput
 * @param {string} [properties.wrong] what the lab says is wrong with it
 * @param {string} [properties.placeholder]
 */
export function Question({ label, value, onInput, wrong = "", placeholder = "" }) {
  const id = useId("question");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [offered, setOffered] = useState(/** @type {Offered | null} */ (null));
  const turn = useRef(0);
  const close = () => {
    turn.current += 1;
    setOffered(null);
  };
  const offer = async (/** @type {boolean} */ asked) => {
    const input = field.current;
    if (!input) return;
    turn.current += 1;
    const mine = turn.current;
    const place = placeAt(input.value, input.selectionStart ?? 0);
    // Operators come only when they are asked for: one who writes a space need not be interrupted.
    const found = !place || (place.kind === "operator" && !asked) ? [] : await offers(place).catch(() => []);
    if (turn.current !== mine) return;
    const rest = place ? found.filter((it) => it !== input.value.slice(place.from, place.until)) : [];
    setOffered(place && rest.length > 0 ? { place, list: rest.slice(0, MOST), at: -1 } : null);
  };
  const take = (/** @type {number} */ at) => {
    const input = field.current;
    const text = offered?.list[at];
    if (!input || !offered || text === undefined) return;
    const { from, until, kind } = offered.place;
    const piece = kind === "value" || text.endsWith("(") || text.endsWith(" ") ? text : `${text} `;
    const rest = input.value.slice(until).replace(/^ /, piece.endsWith(" ") ? "" : " ");
    input.value = input.value.slice(0, from) + piece + rest;
    input.setSelectionRange(from + piece.length, from + piece.length);
    onInput(input.value);
    input.focus();
    offer(kind !== "value");
  };
  const move = (/** @type {number} */ by) => {
    if (!offered) return offer(true);
    const size = offered.list.length + 1;
    // One more place than there are offers: the field itself.
    setOffered({ ...offered, at: ((offered.at + 1 + by + size) % size) - 1 });
  };
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [offered?.at]);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const at = offered?.at ?? -1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === " " && event.ctrlKey) offer(true);
    else if (event.key === "Escape" && offered) close();
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(at);
    else {
      if (event.key === "Enter" || event.key === "Tab") close();
      return;
    }
    event.preventDefault();
  };
  return html`<div class="question-box">
    <input ref=${field} type="text" class="question" role="combobox" aria-label=${label} spellcheck=${false} autocomplete="off" autocapitalize="off" value=${value} placeholder=${placeholder}
      aria-autocomplete="list" aria-expanded=${offered ? "true" : "false"} aria-controls=${`${id}-list`} aria-activedescendant=${offered && offered.at >= 0 ? `${id}-${offered.at}` : undefined}
      aria-invalid=${wrong ? "true" : "false"} aria-describedby=${`${id}-wrong`}
      onInput=${(/** @type {Event} */ event) => { onInput(/** @type {HTMLInputElement} */ (event.target).value); offer(false); }}
      onKeyDown=${pressed} onBlur=${close} onClick=${() => offered && offer(false)} />
    <ul ref=${list} id=${`${id}-list`} class="offers" role="listbox" aria-label=${`ways to go on with the ${label}`} hidden=${!offered}
      style=${offered ? `left:min(${offered.place.from}ch + .5rem, 100% - 16rem)` : ""}>
      ${offered?.list.map((it, at) => html`<li key=${it} id=${`${id}-${at}`} role="option" aria-selected=${at === offered.at ? "true" : "false"}
        onPointerDown=${(/** @type {Event} */ event) => { event.preventDefault(); take(at); }}>${printable(it)}</li>`)}</ul>
    <div class="hidden" role="status">${offered ? `${plural(offered.list.length, "suggestion")}, arrow down to choose` : ""}</div>
    <div id=${`${id}-wrong`} class="wrong" aria-live="polite">${wrong && html`<${Wrong} message=${wrong} />`}</div>
  </div>`;
}

/**
 * The message with a mark under the character that it names.
 * @param {{ message: string }} properties
 */
function Wrong({ message }) {
  // The lab draws an excerpt as well, for terminals.
  const lines = message.split("\n");
  const help = lines.find((it) => it.startsWith("help:")) ?? "";
  const column = Number(/column (\d+)/.exec(message)?.[1] ?? 0);
  return html`<div>${column > 0 && html`<pre class="caret" aria-hidden="true">${" ".repeat(Math.min(column - 1, 500))}^</pre>`}<p class="error">${printable(lines[0] ?? "")}</p>${help && html`<p class="quiet">${printable(help)}</p>`}</div>`;
}

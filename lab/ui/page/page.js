// The page: what is above every view, and which view is shown.

import { useMedia } from "../base/dom.js";
import { printable } from "../base/format.js";
import { useEffect, useState } from "../vendor/preact-htm.js";
import { html, render } from "../vendor/preact-htm.js";
import { go, link, useAddress } from "./address.js";
import { ComparePage } from "./compare.js";
import { takeToken, useDrive } from "./control.js";
import { Drive } from "./drive.js";
import { Import } from "./import.js";
import { Overview } from "./overview.js";
import { OneTrace } from "./trace.js";
import { Traces } from "./traces.js";

const VIEWS = /** @type {const} */ ([
  ["overview", "overview"],
  ["drive", "drive"],
  ["traces", "traces"],
  ["compare", "compare"],
]);

const KNOWN = new Set(["trace", ...VIEWS.map(([key]) => key)]);

function Page() {
  const { view, id, parameters } = useAddress();
  const drive = useDrive();
  useEffect(() => {
    if (view !== "trace") document.title = `${view}: Faultmart`;
    scrollTo(0, 0);
  }, [view, id]);
  return html`<div><a class="skip" href="#content" onClick=${(/** @type {Event} */ event) => {
    event.preventDefault();
    document.getElementById("content")?.focus();
  }}>to the content</a>
  <header class="head"><h1><a href=${link("overview")}>Faultmart</a></h1>
    <nav aria-label="views">${VIEWS.filter(([key]) => key !== "drive" || !drive.alone).map(([key, label]) => html`<a href=${link(key)} aria-current=${key === view || (view === "trace" && key === "traces") ? "page" : undefined}>${label}</a>`)}</nav>
    <${OpenTrace} /><${Import} /><${Theme} /></header>
  <main id="content" tabindex="-1">
    ${!KNOWN.has(view) && html`<section class="empty"><h2>There is no view ${printable(view)}</h2><p><a href=${link("overview")}>To the overview</a></p></section>`}
    ${view === "overview" && html`<${Overview} parameters=${parameters} drive=${drive} />`}
    ${view === "drive" && html`<${Drive} drive=${drive} fault=${id} at=${parameters.get("at") ?? ""} />`}
    ${view === "traces" && html`<${Traces} parameters=${parameters} />`}
    ${view === "trace" && html`<${OneTrace} key=${id} id=${id} span=${parameters.get("span") ?? ""} />`}
    ${view === "compare" && html`<${ComparePage} parameters=${parameters} />`}
  </main></div>`;
}

function OpenTrace() {
  const [id, setId] = useState("");
  return html`<form class="open" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault();
    if (id.trim()) go(link(`trace/${encodeURIComponent(id.trim().toLowerCase())}`));
  }}><label><span class="hidden">open a trace by its id</span><input type="text" spellcheck=${false} placeholder="trace id" value=${id} onInput=${(/** @type {Event} */ event) => setId(/** @type {HTMLInputElement} */ (event.target).value)} /></label></form>`;
}

function Theme() {
  const [theme, setTheme] = useState(() => localStorage.getItem("faultmart.theme") ?? "");
  useEffect(() => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem("faultmart.theme", theme);
  }, [theme]);
  // From the system's colours first to the others, so that each click changes something.
  const dark = useMedia("(prefers-color-scheme: dark)");
  const turn = ["", dark ? "light" : "dark", dark ? "dark" : "light"];
  const next = turn[(turn.indexOf(theme) + 1) % turn.length] ?? "";
  return html`<button type="button" class="theme" aria-label=${`colours: ${theme || "as the system"}`} onClick=${() => setTheme(next)}>${{ "": "◐", light: "☀", dark: "☾" }[theme] ?? "◐"}</button>`;
}

const place = document.getElementById("page");
if (place) {
  takeToken();
  addEventListener("hashchange", takeToken);
  place.textContent = "";
  render(html`<${Page} />`, place);
}

// What the views need of the browser.

import { useEffect, useRef, useState } from "../vendor/preact-htm.js";

/**
 * Whether a media query holds, kept up to date.
 * @param {string} query
 * @returns {boolean}
 */
export function useMedia(query) {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => setHolds(list.matches);
    changed();
    list.addEventListener("change", changed);
    return () => list.removeEventListener("change", changed);
  }, [query]);
  return holds;
}

/**
 * The width of an element in pixels, kept up to date.
 * @param {import("../vendor/preact-htm.js").Ref<HTMLElement>} ref
 * @returns {{ width: number, height: number }}
 */
export function useSize(ref) {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}

/**
 * Which colours there are, for what is drawn by hand and has to be drawn again when they change.
 * @returns {string}
 */
export function useTheme() {
  const dark = useMedia("(prefers-color-scheme: dark)");
  const [chosen, setChosen] = useState(() => document.documentElement.dataset.theme ?? "");
  useEffect(() => {
    const changed = () => setChosen(document.documentElement.dataset.theme ?? "");
    changed();
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return `${chosen} ${dark}`;
}

/**
 * A number that no other element of this page has, for ids.
 * @param {string} prefix
 * @returns {string}
 */
export function useId(prefix) {
  const ref = useRef("");
  if (!ref.current) {
    next += 1;
    ref.current = `${prefix}-${next}`;
  }
  return ref.current ?? prefix;
}

let next = 0;

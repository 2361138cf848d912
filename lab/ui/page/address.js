// Where one is: the part of the address after `#`, so that a link is a finding, and nothing of it reaches a server's log.

import { useEffect, useMemo, useState } from "../vendor/preact-htm.js";

/** @typedef {{ view: string, id: string, parameters: URLSearchParams }} Address */

/**
 * @param {string} hash
 * @returns {Address}
 */
function read(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [view, id] = (path ?? "").split("/");
  return { view: view || "overview", id: id ?? "", parameters: new URLSearchParams(query ?? "") };
}

/** @returns {Address} */
export function useAddress() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    // Whoever went on before this ran was not heard.
    changed();
    return () => removeEventListener("hashchange", changed);
  }, []);
  return useMemo(() => read(hash), [hash]);
}

/**
 * @param {string} view
 * @param {Record<string, string>} [parameters] those that are empty are left out
 * @returns {string}
 */
export function link(view, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "")).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** @param {string} to what {@link link} gives */
export function go(to) {
  location.hash = to;
}

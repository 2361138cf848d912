// Driving the shop: what goes on, asked for again and again, and changes, which need the token. It comes in the part of the address
// after `#`, which reaches no server, and goes from there at once; the tab keeps it until it is closed.

import { useCallback, useEffect, useState } from "../vendor/preact-htm.js";
import { ask, Refused } from "./api.js";

const KEY = "faultmart.token";
const EVERY = 2000;

/**
 * @typedef {{ fault: string, at: string, parameters: Record<string, string>, since_unix_ms: number, struck: number }} SetFault
 * @typedef {{ fault: string, at: string, from_unix_ms: number, until_unix_ms: number | null, share?: number }} Stretch
 * @typedef {{ scenario: string | null, title: string | null, with_faults: boolean | null, since_unix_ms: number, round: number, round_ms: number, due_per_second: number, sent: number, failed: number, trouble: string | null }} Load
 * @typedef {{ drives: boolean, hidden: boolean, load: Load | null, faults: SetFault[] | null, set: Stretch[] | null, strikes: Stretch[] | null }} State
 */

/** Takes the token out of the address, if it is there. */
export function takeToken() {
  const found = /^#token=([\w-]+)/.exec(location.hash);
  if (!found?.[1]) return;
  keep(found[1]);
  history.replaceState(null, "", `${location.pathname}#/drive`);
}

/** @param {string} token empty forgets it */
export function keep(token) {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

/** @returns {string} empty when nobody has signed in */
export const token = () => sessionStorage.getItem(KEY) ?? "";

/**
 * Asks for a change, or for what only those with the token are told.
 * @param {string} method
 * @param {string} path below `/lab/drive`
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export function control(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = token() ? { authorization: `Bearer ${token()}` } : {};
  if (body) headers["content-type"] = "application/json";
  return ask(`/lab/drive${path}`, undefined, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

/**
 * What goes on now. `alone`: there is no shop to drive.
 * @returns {{ state: State | null, alone: boolean, trouble: Refused | null, refused: boolean, refresh: () => void }} `refused`: the token that was kept
 */
export function useDrive() {
  const [told, setTold] = useState(/** @type {{ state: State | null, alone: boolean, trouble: Refused | null }} */ ({ state: null, alone: false, trouble: null }));
  const [turn, setTurn] = useState(0);
  const [refused, setRefused] = useState(false);
  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    let over = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const look = async (first = false) => {
      // A page that nobody looks at asks for nothing, but after what it did itself.
      if (document.hidden && !first) {
        timer = setTimeout(look, EVERY);
        return;
      }
      try {
        const state = await control("GET", "");
        if (!over) setTold({ state, alone: state === null, trouble: null });
        if (state?.drives) setRefused(false);
        if (state === null) return;
      } catch (error) {
        const trouble = error instanceof Refused ? error : new Refused(String(error), 0);
        // The shop of that token is gone: another one has another.
        if (trouble.status === 401) {
          keep("");
          setRefused(true);
        }
        if (over) return;
        setTold((before) => ({ ...before, trouble }));
      }
      if (!over) timer = setTimeout(look, EVERY);
    };
    look(true);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [turn]);
  return { ...told, refused, refresh };
}

/**
 * Something that is asked for, once at a time, and why it was refused.
 * @param {() => void} refresh
 */
export function useChange(refresh) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const change = async (/** @type {() => Promise<unknown>} */ act) => {
    setBusy(true);
    try {
      await act();
      setWrong("");
    } catch (error) {
      setWrong(String(/** @type {Error} */ (error).message));
    }
    setBusy(false);
    refresh();
  };
  return { busy, wrong, change };
}

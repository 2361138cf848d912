// Asking the lab. What it cannot answer is said on the page, which goes on asking: a lab that was restarted is found again.

import { useEffect, useState } from "../vendor/preact-htm.js";

/** An answer that is not the one asked for. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 if there was no answer at all
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [how]
 * @returns {Promise<any>}
 */
export async function ask(path, signal, how = {}) {
  return answered(path, { ...how, headers: { accept: "application/json", ...how.headers } }, signal);
}

/**
 * Sends a file.
 * @param {string} path
 * @param {Blob} file
 * @returns {Promise<any>}
 */
export async function send(path, file) {
  return answered(path, { method: "POST", headers: { accept: "application/json", "content-type": "application/octet-stream" }, body: file });
}

/**
 * @param {string} path
 * @param {RequestInit} request
 * @param {AbortSignal} [signal]
 */
async function answered(path, request, signal) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, { ...request, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused("the lab does not answer", 0);
  }
  if (answer.ok) return answer.json();
  const text = await answer.text();
  let message = text.slice(0, 500);
  try {
    message = JSON.parse(text).detail ?? message;
  } catch {
    // Not a problem document: the text itself is the message.
  }
  throw new Refused(message || `the lab answers ${answer.status}`, answer.status);
}

/**
 * An answer, asked for again every so many milliseconds while the page is looked at. The last good one stays while there is trouble.
 * @param {string | null} path
 * @param {number} [every] 0 asks once, and again only after trouble
 * @returns {{ data: any, trouble: Refused | null, path: string | null }}
 */
export function useAnswer(path, every = 0) {
  const [state, setState] = useState(/** @type {{ data: any, trouble: Refused | null, path: string | null }} */ ({ data: null, trouble: null, path: null }));
  useEffect(() => {
    if (!path) return undefined;
    const stop = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const again = (/** @type {number} */ after) => {
      timer = setTimeout(() => (document.hidden ? again(after) : turn()), after);
    };
    const turn = async () => {
      try {
        const data = await ask(path, stop.signal);
        setState({ data, trouble: null, path });
        if (every > 0) again(every);
      } catch (error) {
        if (stop.signal.aborted) return;
        const trouble = error instanceof Refused ? error : new Refused(String(error), 0);
        setState((before) => ({ data: before.path === path ? before.data : null, trouble, path }));
        // What is wrong with the question stays wrong; what is wrong with the lab may pass.
        if (trouble.status === 0 || trouble.status >= 500) again(2000);
        else if (every > 0) again(every);
      }
    };
    turn();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, every]);
  return state.path === path ? state : { data: null, trouble: null, path };
}

/**
 * The last good answer, while the next one is being asked for, or if that is refused; `fresh` if it is what was asked for last.
 * @param {string | null} path
 * @param {string} [about] what the answers are about: those about something else do not count
 */
export function useLatest(path, about = "") {
  const answer = useAnswer(path);
  const [kept, setKept] = useState(/** @type {{ data: any, about: string }} */ ({ data: null, about }));
  useEffect(() => {
    if (answer.data) setKept({ data: answer.data, about });
  }, [answer.data]);
  return { data: answer.data ?? (kept.about === about ? kept.data : null), fresh: answer.data !== null, trouble: answer.trouble };
}

// A stretch of time that ends now.

import { useEffect, useState } from "../vendor/preact-htm.js";

/** What came in the last moment is still on its way. */
const LATE = 500;

/**
 * A stretch that is moved on every so often; at the same moments in every page that is open, so that all ask the same.
 * @param {number} minutes
 * @param {number} every in seconds
 * @returns {{ from: number, until: number }} in seconds since 1970
 */
export function useWindow(minutes, every) {
  const end = () => Math.floor((Date.now() - LATE) / 1000 / every) * every;
  const [until, setUntil] = useState(end);
  useEffect(() => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const wait = () => {
      timer = setTimeout(() => {
        if (!document.hidden) setUntil(end());
        wait();
      }, (end() + every) * 1000 + LATE - Date.now());
    };
    setUntil(end());
    wait();
    return () => clearTimeout(timer);
  }, [every]);
  return { from: until - minutes * 60, until };
}

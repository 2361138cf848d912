// What ten open overviews cost the lab: its processor time while they ask what a page asks, when it asks it, held against none.
// Not a test: it prints a figure for docs/performance.md. FAULTMART_BINARY names the binary; an optimised one is meant.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { up } from "./support.mjs";

const VIEWERS = 10;
const SECONDS = Number(process.argv[2] ?? 30);
/** Until as much is in the store as a page shows. */
const FILL = Number(process.argv[3] ?? 120);
const TICKS = 100;

const shop = await up("everyday", "--load");
try {
  const lab = child("serve lab");
  await pause(FILL * 1000);
  const without = await cost(lab);
  const stop = new AbortController();
  const viewers = Array.from({ length: VIEWERS }, (_, number) => watch(["gateway", "orders", "catalog"][number % 3], stop.signal));
  await pause(4000);
  const withThem = await cost(lab);
  stop.abort();
  const asked = (await Promise.all(viewers)).reduce((sum, it) => sum + it, 0);
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  console.log(`the lab's part of a core: ${percent(without)} with load alone, ${percent(withThem)} with ${VIEWERS} viewers, who cost ${percent(withThem - without)}; ${asked} answers`);
} finally {
  await shop.stop();
}

/** The processor time of a process over some seconds, as a part of a core. */
async function cost(pid) {
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const [before, began] = [ticks(), performance.now()];
  await pause(SECONDS * 1000);
  return (ticks() - before) / TICKS / ((performance.now() - began) / 1000);
}

/** Asks what an open overview asks. */
async function watch(service, signal) {
  let answers = 0;
  const get = async (path) => {
    await (await fetch(`${shop.page}${path}`)).arrayBuffer();
    answers += 1;
  };
  const driving = (async () => {
    while (!signal.aborted) {
      await get("/lab/drive");
      await pause(2000);
    }
  })();
  while (!signal.aborted) {
    const until = Math.floor((Date.now() - 500) / 4000) * 4;
    const span = `from=${until - 120}&until=${until}`;
    await Promise.all([get(`/lab/graph?${span}`), get(`/lab/red?${span}&step=2s&points=false`), get(`/lab/service?service=${service}&operation=&${span}&step=2s`)]);
    await pause((until + 4) * 1000 + 500 - Date.now() + Math.random() * 50);
  }
  await driving;
  return answers;
}

/** The process of this shop whose command line has these words. */
function child(words) {
  for (const pid of readdirSync("/proc").filter((it) => /^\d+$/.test(it))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[1];
      if (line.includes(words) && readFileSync(`/proc/${parent}/stat`, "utf8").split(") ")[1].split(" ")[1] === String(process.pid)) return pid;
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`no process ${words}`);
}

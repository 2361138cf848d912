// What the tests share: the binary, a shop that stays up, a browser, waiting for a state, pictures.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

const here = import.meta.dirname;
const root = path.resolve(here, "../..");
// The packages are installed outside of the repository; xtask says where.
const require = createRequire(path.join(process.env.FAULTMART_PAGE_MODULES ?? here, "package.json"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const binary = process.env.FAULTMART_BINARY ?? path.join(root, "target/debug/faultmart");
const pictures = process.env.FAULTMART_PICTURES ?? path.join(root, "target/page-pictures");

/** The system, left running; `stop` ends it and waits until it has. */
export const up = (...options) => started("up", "--format", "json", "--port-base", "0", ...options);

/** A lab alone. */
export const lab = (...options) => started("lab", "--format", "json", "--port-base", "0", ...options);

/** Something that says on one line where it is; `stop` ends it and waits until it has. */
export async function started(...words) {
  const child = spawn(binary, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    ended.then((code) => reject(new Error(`faultmart ${words[0]} ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  return { ...JSON.parse(line), stop };
}

/** Runs the binary to its end; the code is for the caller to judge. */
export function run(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [out, error] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      error += chunk;
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code, out, error }));
  });
}

export async function browse() {
  return puppeteer.launch({
    executablePath: process.env.FAULTMART_CHROMIUM ?? "/usr/bin/chromium",
    // No sandbox can be made inside of most containers; what is opened is our own.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info", "--force-color-profile=srgb"],
    protocolTimeout: 300_000,
  });
}

/** A tab that keeps what went wrong in it: errors, and requests that its policy refused. */
export async function tab(browser, { width = 1280, height = 800, dark = false } = {}) {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    // A question that is refused is an answer, which the page shows.
    if (message.type() === "error" && !message.text().includes("400 (Bad Request)")) wrong.push(message.text());
  });
  return { page, wrong };
}

/** Waits until what runs in the tab says something true. */
export async function until(page, state, ...args) {
  const handle = await page.waitForFunction(state, { timeout: 120_000, polling: 50 }, ...args);
  return handle.jsonValue();
}

/**
 * The main thread's processor time in milliseconds of each frame while `action` runs in the tab, the shortest first: scripts, styles,
 * layout and painting. How long a frame waits for a processor is the machine's affair. `action` calls its first argument in each frame.
 */
export async function frames(page, action, ...args) {
  await page.tracing.start({ categories: ["toplevel", "disabled-by-default-devtools.timeline", "blink.user_timing"] });
  await page.evaluate(`(${action})(() => performance.mark("frame"), ...${JSON.stringify(args)})`);
  const { traceEvents } = JSON.parse(Buffer.from(await page.tracing.stop()).toString());
  const marks = traceEvents.filter((it) => it.name === "frame" && it.cat.includes("blink.user_timing")).sort((one, other) => one.ts - other.ts);
  const spent = marks.map(() => 0);
  const { pid, tid } = marks[0];
  for (const it of traceEvents) {
    if (it.pid !== pid || it.tid !== tid || it.ph !== "X" || it.name !== "RunTask" || it.tdur === undefined) continue;
    // A task belongs to the last frame that was marked before it ended.
    const frame = marks.findLastIndex((mark) => mark.ts < it.ts + it.dur);
    if (frame >= 0) spent[frame] += it.tdur / 1000;
  }
  return spent.sort((one, other) => one - other);
}

/** The value that 95 of 100 do not exceed. */
export const p95 = (sorted) => sorted[Math.floor(sorted.length * 0.95)];

/** How many times its budget a figure may be before a test fails: the machine is shared, so what fails is far beyond it. */
const GENEROUS = Number(process.env.FAULTMART_GENEROUS ?? 8);

/** Prints what was measured, and holds it against its budget. */
export function judge(what, value, budget, unit) {
  console.log(`${what}: ${value.toFixed(1)} ${unit} (budget ${budget})`);
  assert.ok(value <= budget * GENEROUS, `${what}: ${value} ${unit}, budget ${budget}`);
}

/** Keeps something to be looked at. */
export function keep(name, content) {
  mkdirSync(pictures, { recursive: true });
  writeFileSync(path.join(pictures, name), content);
}

export async function picture(page, name, options = {}) {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), ...options });
}

/** What axe-core finds, in a few words each. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations);
  return found.map((it) => `${it.id}: ${it.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`).join(" | ")}`);
}

/** Whether something is wider than the tab. */
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);

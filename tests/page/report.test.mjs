// The report of a real run, opened from a file with the network off.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { browse, keep, overflows, picture, run, tab, until, violations } from "./support.mjs";

const folder = mkdtempSync(path.join(os.tmpdir(), "faultmart-report-"));
const report = path.join(folder, "run/report.html");
let browser;
let printed;

before(async () => {
  browser = await browse();
  const done = await run(["run", "first-look", "--out", path.join(folder, "run")], folder);
  // Whether expectations hold is not the question here: the machine may be busy.
  assert.ok(done.code === 0 || done.code === 1, `${done.code}: ${done.error}`);
  printed = done.out;
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options, file = report) {
  const { page, wrong } = await tab(browser, options);
  const asked = [];
  page.on("request", (request) => request.url().startsWith("file:") || asked.push(request.url()));
  await page.setOfflineMode(true);
  await page.goto(`file://${file}`);
  await page.waitForSelector("#spans");
  return { page, wrong, asked };
}

test("the terminal says where the report is, and it is small enough to be mailed", () => {
  assert.match(printed, /report: run\/report\.html/);
  assert.ok(statSync(report).size <= 2_000_000, `${statSync(report).size} bytes`);
  console.log(`report: ${Math.round(statSync(report).size / 1000)} kB`);
});

test("the report runs by itself and asks nobody", async () => {
  const { page, wrong, asked } = await open();
  const summary = JSON.parse(readFileSync(path.join(folder, "run/summary.json"), "utf8"));
  assert.equal(await page.$eval("h1", (it) => it.textContent), summary.run.title);
  assert.equal(await page.$$eval(".fault", (all) => all.length), summary.faults.length);
  assert.equal(await page.$$eval("#expectations tbody tr", (all) => all.length), summary.expectations.length);
  assert.deepEqual(wrong, []);
  assert.deepEqual(asked, []);
  await page.close();
});

test("what was odd and harmless is told, so that nobody blames it", async () => {
  const scenario = path.join(folder, "innocent.yaml");
  writeFileSync(scenario, "title: t\nshop: { users: 20, products: 20, orders: 20 }\nload: [{ journey: home, rate: 5/s, for: 2s }]\ndistractors: [{ distractor: polling-client, rate: 5/s }]\n");
  const done = await run(["run", scenario, "--out", path.join(folder, "innocent")], folder);
  assert.equal(done.code, 0, done.error);
  const { page, wrong } = await open({}, path.join(folder, "innocent/report.html"));
  assert.match(await page.$eval("#innocent li", (it) => it.textContent), /^polling-client: [1-9]\d* requests$/);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("with --fixed, the report of the faulty run has the same requests with the healthy code beside it", async () => {
  const scenario = path.join(folder, "fixed.yaml");
  writeFileSync(scenario, "title: t\nshop: { users: 20, products: 40, orders: 200 }\nload: [{ journey: order-history, rate: 20/s, for: 3s }]\nfaults: [{ fault: n-plus-one-sql, at: orders.list-orders, share: 50% }]\n");
  const done = await run(["run", scenario, "--fixed", "--out", path.join(folder, "both")], folder);
  assert.ok(done.code === 0 || done.code === 1, `${done.code}: ${done.error}`);
  assert.match(done.out, /both side by side: both\/faulty\/report\.html/);
  const { page, wrong } = await open({}, path.join(folder, "both/faulty/report.html"));
  const rows = await page.$$eval(".fixed .cohorts tbody tr", (all) => all.map((it) => it.textContent));
  assert.ok(rows.length === 2 && rows[0].startsWith("healthy") && rows[1].startsWith("affected"), `${rows}`);
  // What the fix wins is said: the queries that are not asked any more.
  assert.match(await page.$eval(".fixed .verdict", (it) => it.textContent), /SELECT order_items, 1 time where there was \d+/);
  await page.$$eval(".fault [role=group] button", (all) => all.find((it) => it.textContent === "fixed").click());
  await until(page, () => document.querySelector(".fault [role=group] [aria-pressed=true]").textContent === "fixed");
  const fixed = JSON.parse(readFileSync(path.join(folder, "both/fixed/summary.json"), "utf8"));
  assert.ok((await page.$eval(".fixed h3", (it) => it.textContent)).includes(fixed.run.id));
  assert.match(await page.$eval(".fault .choice code", (it) => it.textContent), /^[0-9a-f]{32}$/);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what metrics and traces show of a fault stands side by side, with the figures of the run", async () => {
  const { page } = await open();
  const told = await page.$$eval(".fault", (all) => all.map((it) => [...it.querySelectorAll(".witnesses > div")].map((side) => side.textContent)));
  assert.equal(told.length, 4);
  for (const [metrics, traces] of told) {
    assert.match(metrics, /^Metrics . (show|hide) it.*All of [\w-]+: p50 .* p95 .* of [\d,]+ requests failed/s);
    assert.match(traces, /^Traces . (show|hide) it/);
  }
  await page.close();
});

test("who reads no further than the beginning knows what went wrong, and with whom", async () => {
  const { page } = await open();
  const short = await page.$$eval("#in-short li", (all) => all.map((it) => it.textContent));
  assert.equal(short.length, 4);
  assert.match(short[0], /^slow-query at catalog\.search: .*In search, affected takes .*longer.*catalog SELECT product_terms/s);
  // Of a lock those who wait for it are told of, not who holds it and is as fast as ever.
  assert.match(short[2], /^lock-contention at orders\.reserve-stock: .*In checkout, bystander takes .*longer/s);
  assert.equal(await page.$$eval(".fault", ([, , lock]) => lock.querySelector(".choice [aria-pressed=true]").textContent), "bystander");
  await page.close();
});

test("what a call took on the way is drawn as nobody's work, and named on the critical path", async () => {
  const { page } = await open();
  const late = await page.evaluateHandle(() => [...document.querySelectorAll(".fault")].find((it) => /^network-latency/.test(it.textContent)));
  // Most of the typical trace's width is dashed, on top of what just ran.
  const [dashed, width, last] = await late.evaluate((it) => {
    const way = it.querySelector(".bars .way");
    const lengths = [...way.getAttribute("d").matchAll(/h([\d.]+)/g)].map(([, length]) => Number(length));
    const looks = [...it.querySelectorAll(".bars path")].map((path) => path.getAttribute("class"));
    return [Math.max(...lengths), it.querySelector(".bars").viewBox.baseVal.width, looks.findLastIndex((look) => look.endsWith("ran")) < looks.indexOf("way")];
  });
  assert.ok(dashed > width / 2 && last, `${dashed} of ${width}`);
  await late.evaluate((it) => [...it.querySelectorAll("[role=tab]")].find((tab) => tab.textContent === "critical path").click());
  await until(page, () => /on the way (back from|to) catalog: the network/.test(document.querySelector(".path-list")?.textContent ?? ""));
  await page.close();
});

test("each fault's comparison names the culprit", async () => {
  const { page } = await open();
  const verdict = (fault) =>
    page.$$eval(".fault", (all, fault) => all.find((it) => it.querySelector("h2").textContent.startsWith(fault))?.querySelector(".verdict")?.textContent, fault);
  assert.match(await verdict("n-plus-one-sql"), /SELECT order_items/);
  assert.match(await verdict("slow-query"), /SELECT/);
  const badges = await page.$$eval(".badge", (all) => all.map((it) => it.textContent));
  assert.ok(badges.includes("repeats more"), badges.join());
  await page.close();
});

test("a fold opens, a span tells all it knows, and every view is there, by keyboard alone", async () => {
  const { page, wrong } = await open();
  const fault = (await page.$$(".fault"))[1];
  const tree = await fault.$("[role=tree]");
  await tree.focus();
  const rows = () => fault.$$eval(".line", (all) => all.length);
  const before = await rows();
  for (let at = 0; at < 40; at += 1) {
    const closed = await fault.$eval(".line.current", (it) => it.getAttribute("aria-expanded"));
    if (closed === "false") break;
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("ArrowRight");
  assert.ok((await rows()) > before, "the fold is open");
  await page.keyboard.press("Enter");
  await fault.waitForSelector(".detail .attributes");
  assert.match(await fault.$eval(".raw pre", (it) => it.textContent), /startTimeUnixNano/);
  await page.keyboard.press("Escape");
  await fault.waitForSelector(".detail", { hidden: true });
  await (await fault.$("[role=tab][aria-selected=true]")).focus();
  for (const selector of [".spans", ".path-list", ".flame"]) {
    await page.keyboard.press("ArrowRight");
    await fault.waitForSelector(selector);
  }
  assert.deepEqual(wrong, []);
  await page.close();
});

test("it is accessible and fits, in both themes, from a phone to a projector", async () => {
  for (const dark of [false, true]) {
    for (const width of [390, 1280]) {
      const { page, wrong } = await open({ width, height: 900, dark });
      assert.deepEqual(await violations(page), [], `${width} ${dark ? "dark" : "light"}`);
      assert.equal(await overflows(page), false, `${width} is overflown`);
      await picture(page, `report-${width}-${dark ? "dark" : "light"}`);
      const fault = (await page.$$(".fault"))[1];
      await fault.evaluate((it) => it.scrollIntoView());
      await picture(page, `report-fault-${width}-${dark ? "dark" : "light"}`);
      assert.deepEqual(wrong, []);
      await page.close();
    }
  }
});

test("it prints, all of it, and no wider than the paper", async () => {
  const { page } = await open();
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 20_000);
  keep("report.pdf", pdf);
  await page.emulateMediaType("print");
  await page.setViewport({ width: 703, height: 1000 });
  await until(page, () => [...document.querySelectorAll(".lines")].every((it) => it.scrollHeight <= it.clientHeight + 1));
  await until(page, () => [...document.querySelectorAll("details.about")].every((it) => it.open));
  await until(page, () => [...document.querySelectorAll(".chart canvas")].every((it) => it.getBoundingClientRect().right <= innerWidth));
  await page.close();
});

test("a trace file is opened in it, without a network", async () => {
  const exported = path.join(folder, "traces");
  // What a run records is compressed with zstd.
  for (const format of ["otlp-jsonl", "otlp-protobuf", "jaeger", "zipkin", "chrome", "xray", "zstd"]) {
    const traces = format === "zstd" ? path.join(folder, "run/traces.otlp.jsonl.zst") : exported;
    if (traces === exported) {
      const done = await run(["export", "--to", format, "--in", path.join(folder, "run"), "-o", exported], folder);
      assert.equal(done.code, 0, done.error);
    }
    const { page, wrong, asked } = await open();
    await (await page.$("#open input[type=file]")).uploadFile(traces);
    await page.waitForSelector("#open .chooser tbody tr");
    await page.$eval("#open .chooser tbody button", (it) => it.click());
    await page.waitForSelector("#open .waterfall .line");
    await page.$eval("#open .waterfall .line", (it) => it.click());
    await page.waitForSelector("#open .detail .attributes");
    await picture(page, `report-opened-${format}`);
    // What is drawn is the same for all.
    if (format === "xray") assert.deepEqual(await violations(page), []);
    assert.deepEqual(wrong, []);
    assert.deepEqual(asked, []);
    await page.close();
  }
});

test("a file that it cannot read is refused with what it reads", async () => {
  const { page } = await open();
  for (const [content, said] of [["hello", /neither JSON nor OTLP's protobuf/], ["[]", /there is no span in it.*OTLP \(protobuf, JSON or JSON lines\)/], [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /it ends in the middle/]]) {
    const file = path.join(folder, "wrong");
    writeFileSync(file, content);
    await (await page.$("#open input[type=file]")).uploadFile(file);
    await until(page, (said) => new RegExp(said).test(document.querySelector("#open .error")?.textContent ?? ""), said.source);
  }
  await page.close();
});

// A trace of a hundred thousand spans, against its budget; what was measured is printed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { large, send } from "./spans.mjs";
import { browse, frames, judge, p95, picture, tab, until, up } from "./support.mjs";

const id = "1a46e".padEnd(32, "0");
let shop;
let browser;

before(async () => {
  browser = await browse();
  shop = await up("healthy");
  await send(shop.otlp_http, id, large());
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

test("a hundred thousand spans stay usable", async () => {
  const { page, wrong } = await tab(browser);
  await page.evaluateOnNewDocument(() => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector(".waterfall .line")) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (window.painted = performance.now())));
    });
    seen.observe(document, { childList: true, subtree: true });
  });
  // The page's own processor time, since how long it waits for a processor is the machine's affair.
  const session = await page.createCDPSession();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find((it) => it.name === "TaskDuration").value * 1000;
  };
  const worked = async (action) => {
    const before = await busy();
    await action();
    return (await busy()) - before;
  };
  const shown = await worked(async () => {
    await page.goto(`${shop.page}/#/trace/${id}`);
    console.log(`first paint by the clock: ${(await until(page, () => window.painted)).toFixed(0)} ms`);
  });
  judge("first paint of the trace", shown, 1000, "ms");

  // As far in one frame as somebody's flick goes: three hundred pixels.
  const scrolled = await frames(page, async (mark) => {
    const lines = document.querySelector(".lines");
    for (let at = 0; at < 120; at += 1) {
      await new Promise(requestAnimationFrame);
      mark();
      lines.scrollTop = at * 300;
    }
  });
  judge("scroll, p95 of a frame", p95(scrolled), 16, "ms");
  const lines = await (await page.$(".lines")).boundingBox();
  const hovering = frames(page, async (mark) => {
    for (let at = 0; at < 120; at += 1) {
      await new Promise(requestAnimationFrame);
      mark();
    }
  });
  for (let at = 0; at < 60; at += 1) await page.mouse.move(lines.x + 100 + at * 7, lines.y + 5 + ((at * 37) % (lines.height - 10)));
  judge("hover, p95 of a frame", p95(await hovering), 16, "ms");

  const timed = (action, done) =>
    worked(() =>
      page.evaluate(
        async (action, done) => {
          const ready = new Function(`return ${done}`);
          new Function(action)();
          while (!ready()) await new Promise(requestAnimationFrame);
        },
        action,
        done,
      ),
    );
  // The line that the keys are at is there for whoever has it read out, however far it is scrolled away, and the keys go on from it.
  const current = () => page.$eval(".lines", (it) => document.getElementById(it.getAttribute("aria-activedescendant"))?.dataset.at);
  assert.equal(await current(), "0");
  await page.focus(".lines");
  await page.keyboard.press("ArrowDown");
  await until(page, () => document.querySelector(".line.current")?.dataset.at === "1" && document.querySelector(".lines").scrollTop <= 22);
  assert.equal(await current(), "1");
  await page.evaluate(() => (document.querySelector(".lines").scrollTop = 0));
  await until(page, () => document.querySelector(".line[aria-level='1']"));
  await page.evaluate(() => (window.high = document.querySelector(".room").offsetHeight));
  judge(
    "expand",
    await timed("document.querySelector(\".line[aria-level='2'][aria-expanded=false] .toggle\").click()", "document.querySelector('.room').offsetHeight !== window.high"),
    50,
    "ms",
  );
  judge(
    "filter",
    await timed(
      "const it = document.querySelector('.find input'); it.value = 'step 42'; it.dispatchEvent(new Event('input', { bubbles: true }))",
      "/^[0-9]/.test(document.querySelector('.find [role=status]').textContent)",
    ),
    200,
    "ms",
  );
  await picture(page, "hundred-thousand");
  const { JSHeapUsedSize } = await page.metrics();
  judge("memory", JSHeapUsedSize / 1e6, 300, "MB");
  assert.deepEqual(wrong, []);
});

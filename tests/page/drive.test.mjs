// Driving a shop from its page: load, faults set and cleared, one request with a fault, code side by side, and who may.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, lab, overflows, picture, tab, until, up, violations } from "./support.mjs";

let shop;
let browser;

before(async () => {
  browser = await browse();
  shop = await up("first-look");
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

/** A tab with the link that `faultmart up` prints, or without its token. */
async function open(view, { token = true, ...options } = {}) {
  const { page, wrong } = await tab(browser, options);
  const urls = [];
  page.on("request", (request) => urls.push(request.url()));
  if (token) await page.goto(`${shop.page}/#token=${shop.control_token}`);
  await page.goto(`${shop.page}/#/${view}`);
  return { page, wrong, urls };
}

const text = (page, selector) => page.$$eval(selector, (all) => all.map((it) => it.textContent).join("\n"));
const press = (page, label, within = "main") =>
  page.waitForFunction((within, label) => {
    const found = [...document.querySelectorAll(`${within} button`)].find((it) => it.textContent.trim() === label && !it.disabled);
    found?.click();
    return found !== undefined;
    // In a tab behind another one no frame is drawn that could be waited for.
  }, { timeout: 60_000, polling: 50 }, within, label);
const told = async (headers = {}) => (await fetch(`${shop.page}/lab/drive`, { headers })).json();
const authorised = () => ({ authorization: `Bearer ${shop.control_token}` });
/** The load, once it is this scenario's: the one before it is ended first. */
async function loadOf(scenario) {
  for (const end = performance.now() + 60_000; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const { load } = await told(authorised());
    if (load?.scenario === scenario) return load;
  }
  throw new Error(`no load of ${scenario}`);
}

test("the token goes from the address into the tab, and into no address that is asked", async () => {
  const { page, wrong, urls } = await open("drive");
  await page.waitForSelector(".desk");
  assert.equal(new URL(page.url()).hash, "#/drive");
  assert.equal(await page.$(".sign-in"), null);
  assert.ok(urls.length > 5 && urls.every((it) => !new URL(it).search.includes(shop.control_token) && !it.split("#")[0].includes(shop.control_token)));
  assert.equal(await page.evaluate(() => Object.values(localStorage).join().length < 100), true);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("load is started, played otherwise, and stopped", async () => {
  const { page, wrong } = await open("drive");
  await press(page, "start", "[aria-label=load]");
  await until(page, () => /runs/.test(document.querySelector("[aria-label=load] h2")?.textContent ?? ""));
  await page.select("[aria-label=load] select", "everyday");
  await press(page, "play this", "[aria-label=load]");
  await loadOf("everyday");
  await until(page, () => /[1-9][\d\u202f]* sent/.test(document.querySelector("[aria-label=load]")?.textContent ?? "") && document.querySelector("[aria-label=load] b") !== null);
  assert.match(await text(page, "[aria-label=load] .note"), /the data that the shop has: 800 users/);
  // What another has chosen is what is chosen.
  const put = { method: "PUT", headers: { ...authorised(), "content-type": "application/json" }, body: JSON.stringify({ running: true, scenario: "lock-contention", faults: true }) };
  assert.equal((await fetch(`${shop.page}/lab/drive/load`, put)).status, 200);
  await until(page, () => document.querySelector("[aria-label=load] select").value === "lock-contention" && document.querySelector("[aria-label=load] input").checked);
  assert.match(await text(page, "[aria-label='what is set']"), /Nothing by hand: the load brings its own faults/);
  await press(page, "stop", "[aria-label=load]");
  await until(page, () => /Nobody comes/.test(document.querySelector("[aria-label=load]")?.textContent ?? ""));
  assert.equal((await told()).load, null);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the load in which a fault shows is a click away from it", async () => {
  const { page, wrong } = await open("drive/lock-contention");
  await press(page, "send load in which it shows");
  await until(page, () => /Everyone waits/.test(document.querySelector("[aria-label=load] b")?.textContent ?? ""));
  assert.equal((await loadOf("lock-contention")).with_faults, false);
  // It is not offered while it is sent.
  await until(page, () => ![...document.querySelectorAll("main button")].some((it) => it.textContent === "send load in which it shows"));
  await press(page, "stop", "[aria-label=load]");
  await until(page, () => /Nobody comes/.test(document.querySelector("[aria-label=load]")?.textContent ?? ""));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("a fault is set with its parameters, strikes, is marked over time, and cleared", async () => {
  const { page, wrong } = await open("drive/network-latency?at=gateway->catalog");
  await page.waitForSelector(".set-form input[type=number]");
  await page.$eval(".set-form input[type=number]", (it) => {
    it.value = "35";
    it.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press(page, "set for everybody");
  await until(page, () => /delay 35ms/.test(document.querySelector(".set")?.textContent ?? ""));
  const [set] = (await told()).faults;
  assert.deepEqual([set.fault, set.at, set.parameters.delay], ["network-latency", "gateway->catalog", "35ms"]);
  const before = performance.now();
  assert.equal((await fetch(`${shop.gateway}/api/products/1`)).status, 200);
  assert.ok(performance.now() - before >= 35);
  await until(page, () => /struck [1-9]/.test(document.querySelector(".set")?.textContent ?? ""));
  await picture(page, "drive-set");
  await page.goto(`${shop.page}/#/overview`);
  await until(page, () => /shaded: network-latency at gateway->catalog/.test(document.querySelector(".marks-note")?.textContent ?? ""));
  await page.goto(`${shop.page}/#/drive/network-latency`);
  await press(page, "clear", "[aria-label='what is set']");
  await until(page, () => /the shop is healthy/.test(document.querySelector("[aria-label='what is set']")?.textContent ?? ""));
  const { set: stretches } = await told();
  assert.ok(stretches.at(-1).until_unix_ms >= stretches.at(-1).from_unix_ms);
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what metrics and traces say of a fault that is set stands side by side: the charts of now, and what differs since then", async () => {
  const look = async () => {
    for (let product = 1; product <= 5; product += 1) assert.equal((await fetch(`${shop.gateway}/api/products/${product}`)).status, 200);
  };
  await look();
  const { page, wrong } = await open("drive/network-latency?at=gateway->catalog");
  await until(page, () => document.querySelectorAll(".witnesses > div").length === 2 && document.querySelectorAll(".witnesses .chart").length === 0);
  await press(page, "set for everybody");
  await until(page, () => document.querySelector(".evidence select"));
  await page.select(".evidence select", "product");
  await look();
  await until(page, () => /^since it was set takes .*before .*longer.*gateway GET \/products\/\{id\}/s.test(document.querySelector(".evidence .verdict")?.textContent ?? ""));
  await until(page, () => document.querySelectorAll(".evidence .witnesses > div:first-child .chart").length === 3);
  // What the service sends of itself comes every five seconds; it is drawn when somebody wants to see it.
  await page.$eval(".evidence .measured summary", (it) => it.click());
  await until(page, () => [...document.querySelectorAll(".evidence .own figcaption")].some((it) => it.textContent === "process.memory.usage"));
  await until(page, () => /usage ?[1-9][\d.]* MiB/.test(document.querySelector(".evidence .own")?.textContent ?? ""));
  assert.equal(await overflows(page), false);
  assert.deepEqual(await violations(page), []);
  await picture(page, "drive-measured", { fullPage: true });
  await page.$eval(".evidence .measured summary", (it) => it.click());
  await until(page, () => document.querySelectorAll(".evidence .witnesses > div:first-child .chart").length === 3);
  const evidence = await page.$(".evidence");
  await evidence.evaluate((it) => it.scrollIntoView());
  await picture(page, "drive-evidence");
  assert.equal(await overflows(page), false);
  await page.$eval(".evidence .compare a", (it) => it.click());
  await until(page, () => /longer/.test(document.querySelector(".compare .verdict")?.textContent ?? ""));
  await page.goto(`${shop.page}/#/drive/network-latency`);
  await press(page, "clear", "[aria-label='what is set']");
  await until(page, () => /the shop is healthy/.test(document.querySelector("[aria-label='what is set']")?.textContent ?? ""));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the metric that shows a fault stands first among what metrics show of it", async () => {
  const { page, wrong } = await open("drive/memory-growth");
  await press(page, "set for everybody");
  await until(page, () => document.querySelector(".evidence .witnesses > div:first-child figcaption")?.textContent === "process.memory.usage");
  await press(page, "clear", "[aria-label='what is set']");
  await until(page, () => /the shop is healthy/.test(document.querySelector("[aria-label='what is set']")?.textContent ?? ""));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("one request with a fault is held against one without, their traces side by side", async () => {
  const { page, wrong } = await open("drive/n-plus-one-sql?at=catalog.product");
  await press(page, "send one request with it");
  await until(page, () => document.querySelectorAll(".beside .waterfall .line").length > 4 && document.querySelectorAll(".beside .waterfall").length === 2);
  await until(page, () => /repeats more|appeared/.test(document.querySelector(".pair .compare-table")?.textContent ?? ""));
  const pair = await page.$(".pair");
  await pair.evaluate((it) => it.scrollIntoView());
  await picture(page, "drive-pair");
  assert.equal(await overflows(page), false);
  // What struck it is told to nobody who looks at the trace.
  const link = await page.$eval(".beside > div:last-child a", (it) => it.href);
  const trace = await (await fetch(`${shop.page}/lab/traces/${link.split("/").at(-1)}`)).text();
  assert.ok(trace.includes("SELECT") && !/n-plus-one|fault\./i.test(trace));
  assert.deepEqual(wrong, []);
  await page.close();
});

test("the healthy and the faulty code stand side by side, and what differs is marked", async () => {
  const { page, wrong } = await open("drive/n-plus-one-sql?at=orders.list-orders", { token: false });
  await page.waitForSelector(".sides .row");
  const [less, more, keywords, texts] = await page.evaluate(() => [".less", ".more", ".keyword", ".side .text"].map((it) => document.querySelectorAll(`.sides ${it}`).length));
  assert.ok(less > 0 && more > 0 && keywords > 5 && texts > 0, `${less} ${more} ${keywords} ${texts}`);
  await page.$eval(".code", (it) => it.scrollIntoView());
  await picture(page, "drive-code");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("who has no token looks on, and what is set can be hidden from them, on the page and from those who ask without it", async () => {
  const driver = await open("drive/slow-query");
  await press(driver.page, "set for everybody");
  await driver.page.waitForSelector(".set li");
  const viewer = await open("drive/slow-query", { token: false });
  await viewer.page.waitForSelector(".set li");
  assert.equal(await viewer.page.$(".set button"), null);
  assert.equal(await viewer.page.$("button.main"), null);
  await driver.page.$$eval("[aria-label='what is set'] input", ([it]) => it.click());
  await until(viewer.page, () => /hidden: find it/.test(document.querySelector("[aria-label='what is set']")?.textContent ?? ""));
  await viewer.page.goto(`${shop.page}/#/overview`);
  const { faults, set, strikes } = await told();
  assert.deepEqual([faults, set, strikes], [null, null, null]);
  assert.equal((await told(authorised())).faults.length, 1);
  for (const [path, method] of [["load", "PUT"], ["faults", "POST"], ["faults", "DELETE"], ["requests", "POST"], ["hidden", "PUT"]]) {
    const answer = await fetch(`${shop.page}/lab/drive/${path}`, { method, headers: { authorization: "Bearer wrong" } });
    assert.equal(answer.status, 401, path);
  }
  await viewer.page.goto(`${shop.page}/#token=of-the-shop-before`);
  await until(viewer.page, () => /The token that you came with is not this shop's/.test(document.querySelector(".sign-in")?.textContent ?? ""));
  await viewer.page.type(".sign-in input", "wrong");
  await viewer.page.keyboard.press("Enter");
  await until(viewer.page, () => /not the token/.test(document.querySelector(".sign-in")?.textContent ?? ""));
  await viewer.page.$eval(".sign-in input", (it) => it.select());
  await viewer.page.type(".sign-in input", shop.control_token);
  await viewer.page.keyboard.press("Enter");
  await until(viewer.page, () => document.querySelector(".sign-in") === null);
  await driver.page.bringToFront();
  await driver.page.$$eval("[aria-label='what is set'] input", ([it]) => it.click());
  await press(driver.page, "clear", "[aria-label='what is set']");
  await until(driver.page, () => /the shop is healthy/.test(document.querySelector("[aria-label='what is set']")?.textContent ?? ""));
  await driver.page.close();
  await viewer.page.close();
});

test("beside a trace's flame graph stands a CPU profile of a service, for who has the token", async () => {
  const fault = { fault: "quadratic-algorithm", at: "orders.sales-report" };
  const drive = async (method, path, body) => {
    const answer = await fetch(`${shop.page}/lab/drive${path}`, { method, headers: authorised(), ...(body ? { body: JSON.stringify(body) } : {}) });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const { healthy } = await drive("POST", "/requests", { journey: "report" });
  // Reports are asked for, which nothing strikes at first.
  await drive("PUT", "/load", { running: true, scenario: "quadratic-algorithm", faults: false });
  try {
    const { page, wrong } = await open(`trace/${healthy.trace_id}`);
    await press(page, "flame graph");
    // Of whom the profile is follows from the chosen span, and without one from who did the most.
    await page.waitForSelector(".profile select");
    assert.equal(await page.$eval(".profile select", (it) => it.value), "orders");
    const record = async () => {
      const before = await page.evaluateHandle(() => document.querySelector(".profile .flames"));
      await press(page, "record");
      await until(page, (before) => {
        const now = document.querySelector(".profile .flames");
        return now && now !== before && !document.querySelector(".profile button[type=submit]").disabled;
      }, before);
      return page.$$eval(".profile .flame", (all) => all.map((it) => it.title).join("\n"));
    };
    const usual = await record();
    assert.match(usual, /^orders .*orders::routes::sales_report/m);
    assert.doesNotMatch(usual, /quadratic_algorithm/);
    await drive("POST", "/faults", fault);
    assert.match(await record(), /^orders .*sales_report::quadratic_algorithm::.*: .*%/m);
    assert.match(await text(page, ".profile [role=status]"), /^orders: [1-9].* samples in 3 s$/);
    assert.deepEqual(await violations(page), []);
    assert.equal(await overflows(page), false);
    await page.$eval(".profile", (it) => it.scrollIntoView());
    await picture(page, "profile");
    await page.select(".profile select", "users");
    await page.$eval(".profile input", (it) => (it.value = "1"));
    await press(page, "record");
    await until(page, () => /^users: .* in 1 s/.test(document.querySelector(".profile [role=status]").textContent));
    assert.doesNotMatch(await text(page, ".profile"), /quadratic_algorithm/);
    assert.deepEqual(wrong, []);
    await page.close();
    const viewer = await open(`trace/${healthy.trace_id}`, { token: false });
    await press(viewer.page, "flame graph");
    await viewer.page.waitForSelector(".flame");
    assert.equal(await viewer.page.$(".profile"), null);
    assert.deepEqual(viewer.wrong, []);
    await viewer.page.close();
  } finally {
    await drive("PUT", "/load", { running: false });
    await drive("DELETE", "/faults");
  }
});

test("a lab by itself has nothing to drive, and says so", async () => {
  const alone = await lab();
  const { page } = await tab(browser);
  await page.goto(`${alone.page}/#/drive`);
  await until(page, () => /no shop to drive/.test(document.querySelector("main")?.textContent ?? ""));
  assert.ok(!(await text(page, "nav")).includes("drive"));
  await page.close();
  await alone.stop();
});

test("driving is accessible and fits, in both themes, from a phone to a projector", async () => {
  for (const [width, dark] of [[390, false], [390, true], [1280, true], [1280, false]]) {
    for (const view of ["drive", "drive/n-plus-one-sql?at=catalog.product", "drive/network-latency"]) {
      const { page } = await open(view, { width, dark });
      await page.waitForSelector(view === "drive" ? ".choose" : ".set-form");
      if (view.includes("sql")) await page.waitForSelector(".sides .row");
      const name = `${view.split("?")[0].replace("/", "-")} ${width} ${dark ? "dark" : "light"}`;
      assert.deepEqual(await violations(page), [], name);
      assert.equal(await overflows(page), false, `${name} is overflown`);
      await picture(page, name.replaceAll(" ", "-"), { fullPage: true });
      await page.close();
    }
  }
});

// What a report reads of a trace file is held against what faultmart reads of it, span by span; and what hostile files do to it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readFile } from "../../lab/ui/opened/formats/read.js";
import { unpacked } from "../../lab/ui/opened/formats/unpack.js";
import { EDGES } from "./edges.mjs";
import { run } from "./support.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(os.tmpdir(), "faultmart-formats-"));
const FORMATS = ["otlp-protobuf", "otlp-json", "otlp-jsonl", "jaeger", "zipkin", "chrome", "xray"];
const CORPORA = ["any_file", "chrome", "jaeger", "otlp_json", "otlp_lines", "otlp_protobuf", "xray", "zipkin", "zipkin_v1"];
const corpus = (name) => path.join(root, "fuzz/corpus", name);

after(() => rmSync(folder, { recursive: true, force: true }));

/** A file in another format, as faultmart has it; null if it refuses to read it. */
async function exported(file, format) {
  const output = path.join(folder, "exported");
  const done = await run(["export", "--to", format, "--in", file, "-o", output], folder);
  return done.code === 0 ? readFileSync(output) : null;
}

async function asFaultmartReads(bytes) {
  const file = path.join(folder, "read");
  writeFileSync(file, bytes);
  const json = await exported(file, "otlp-json");
  if (!json) return null;
  const spans = JSON.parse(json).resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ resource, scope, span }))));
  return inOrder(spans);
}

async function asTheReportReads(bytes) {
  return inOrder([...(await readFile(new Blob([bytes]))).values()].flat());
}

/** Spans of one trace keep their order on the one side, those of one resource on the other. */
function inOrder(spans) {
  const keyed = spans.map((it) => [it.span.traceId + it.span.spanId + JSON.stringify(it), it]);
  return keyed.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, it]) => it);
}

async function areAlike(bytes, name) {
  const expected = await asFaultmartReads(bytes);
  if (expected?.length > 0) assert.deepEqual(await asTheReportReads(bytes), expected, name);
  else await assert.rejects(asTheReportReads(bytes), Error, `${name} is refused`);
}

/** A zstd frame whose blocks are stored as they are. */
function stored(bytes) {
  const pieces = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), numbered(bytes.length, 4)];
  for (let at = 0; at === 0 || at < bytes.length; at += 1 << 17) {
    const block = bytes.subarray(at, at + (1 << 17));
    pieces.push(numbered((block.length << 3) | (at + (1 << 17) >= bytes.length ? 1 : 0), 3), block);
  }
  return Buffer.concat(pieces);
}

function numbered(number, length) {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntLE(number, 0, length);
  return bytes;
}

test("each file of the corpora is read as faultmart reads it", async () => {
  for (const name of CORPORA) {
    for (const file of readdirSync(corpus(name))) await areAlike(readFileSync(path.join(corpus(name), file)), `${name}/${file}`);
  }
});

test("what a format leaves open is read as faultmart reads it", async () => {
  for (const [name, content] of Object.entries(EDGES)) await areAlike(Buffer.from(content), name);
});

test("every format that faultmart writes comes back, plain and compressed", async () => {
  for (const source of ["any_file/frames.jsonl.zst", "otlp_protobuf/full.bin", "otlp_json/full.json", "chrome/foreign.json", "xray/answer.json", "jaeger/page.json", "zipkin/annotations.json", "zipkin_v1/v1.json"]) {
    for (const format of FORMATS) {
      const bytes = await exported(corpus(source), format);
      const expected = await asFaultmartReads(bytes);
      for (const [packing, packed] of Object.entries({ plain: bytes, gzip: gzipSync(bytes), zstd: stored(bytes) })) {
        assert.deepEqual(await asTheReportReads(packed), expected, `${source} as ${format}, ${packing}`);
      }
    }
  }
});

test("zstd is unpacked at every level", { skip: spawnSync("zstd", ["--version"]).error && "there is no zstd here" }, async () => {
  const plain = Buffer.from(Array.from({ length: 50_000 }, (_, at) => `{"id":${at * 7919},"name":"GET /orders/${(at * 7919) % 1009}"}\n`).join(""));
  const file = path.join(folder, "plain");
  writeFileSync(file, plain);
  for (const options of [["-1"], ["-3", "--no-check"], ["-15", "--check"], ["-9", "--long=27"], ["-3", "-B200000", "-T2"]]) {
    // Of what comes from standard input, the size is not known beforehand.
    for (const { stdout } of [spawnSync("zstd", [...options, "-c", file]), spawnSync("zstd", [...options, "-c"], { input: plain })]) {
      assert.ok(stdout.length > 0 && stdout.length < plain.length);
      const more = [numbered(0x184d2a50, 4), numbered(3, 4), Buffer.from("abc"), stored(Buffer.from("more"))];
      assert.ok(plain.equals(await unpacked(new Blob([stdout]))), options.join(" "));
      assert.ok(Buffer.concat([plain, Buffer.from("more")]).equals(await unpacked(new Blob([stdout, ...more]))), "with a frame to be skipped, and another");
      for (const end of [5, stdout.length >> 1, stdout.length - 1]) await assert.rejects(unpacked(new Blob([stdout.subarray(0, end)])), /it ends in the middle/);
    }
  }
});

test("what is too large once it is unpacked is refused, and soon", async () => {
  const began = performance.now();
  const magic = [0x28, 0xb5, 0x2f, 0xfd];
  // A hundred thousand blocks, in each of which a byte is repeated 128 Ki times.
  const block = (last) => Buffer.concat([numbered(((1 << 17) << 3) | 2 | last, 3), Buffer.from("x")]);
  const blocks = Buffer.concat([...Array.from({ length: 100_000 }, () => block(0)), block(1)]);
  await assert.rejects(asTheReportReads(Buffer.concat([Buffer.from([...magic, 0x00, 0x38]), blocks])), /more than 256 MiB/);
  // A size that nobody has, and a window.
  await assert.rejects(asTheReportReads(Buffer.concat([Buffer.from([...magic, 0xe0]), Buffer.alloc(8, 0xff), blocks])), /more than 256 MiB/);
  await assert.rejects(asTheReportReads(Buffer.concat([Buffer.from([...magic, 0x00, 0xff]), blocks])), /more than 128 MiB/);
  await assert.rejects(asTheReportReads(gzipSync(Buffer.alloc((256 << 20) + 1), { level: 1 })), /more than 256 MiB/);
  assert.ok(performance.now() - began < 60_000, `${performance.now() - began} ms`);
});

test("a zstd table that reads no bits is refused, and not read for ever", async () => {
  // One compressed block, whose Huffman weights are packed with one symbol that has all the probability.
  const literals = [0x12, 0xc0, 0x01, 0x05, 0xf0, 0x03, 0xff, 0xff, 0xff, 0x01, 0x00];
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, (literals.length << 3) | 5, 0, 0, ...literals]);
  await assert.rejects(asTheReportReads(frame), /a Huffman table is too large/);
});

test("a file that was cut or damaged is an error, and never a hang", async () => {
  let seed = 1;
  const below = (limit) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  for (const source of ["otlp_protobuf/full.bin", "any_file/frames.jsonl.zst", "any_file/two.jsonl.gz", "chrome/own.json", "xray/answer.json", "jaeger/page.json", "zipkin/v2.json"]) {
    const bytes = readFileSync(corpus(source));
    for (let round = 0; round < 300; round += 1) {
      const changed = Buffer.from(round % 2 === 0 ? bytes : bytes.subarray(0, below(bytes.length)));
      for (let change = round % 3; change > 0 && changed.length > 0; change -= 1) changed[below(changed.length)] = below(256);
      // Whether it is still a trace file is chance.
      await asTheReportReads(changed).catch((error) => assert.ok(error.message.length > 0 && !/undefined|is not a function|not iterable/.test(error.message), `${source}: ${error.stack}`));
    }
  }
  const full = readFileSync(corpus("otlp_protobuf/full.bin"));
  for (const end of [1, 7, 100, full.length - 1]) await assert.rejects(asTheReportReads(full.subarray(0, end)), /cut short|neither JSON nor/);
});

test("errors say what is wrong, and where", async () => {
  for (const [content, said] of [
    ["", /neither JSON nor OTLP's protobuf.*Zipkin's JSON/s],
    ["hello", /neither JSON nor OTLP's protobuf/],
    ["[]", /there is no span in it/],
    ['{"a":1}', /there is no span in it/],
    ['{"resourceSpans":\n  [x', /line 2, column 4: expected a JSON value/],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"2"}]}]}]}', /read as OTLP: .*the trace id is not 16 bytes/],
    ['[{"traceId":"g","id":"1"}]', /read as Zipkin: item 1: `traceId` is `g`/],
    ['[{"traceId":"1","id":"1"},{"traceId":"1","id":"1","name":5}]', /item 2: `name` is not text/],
    ['{"data":[{"spans":[{"traceID":"1","spanID":"1","processID":"p9"}]}]}', /read as Jaeger: item 1: `processID` is `p9`/],
    ['[{"ph":"X","ts":"soon"}]', /read as Chrome: item 1: `ts` is not a number of microseconds/],
    ['{"trace_id":"1-5-6","id":"53995c3f42cd8ad8","start_time":1}', /read as X-Ray: item 1: `trace_id` is `1-5-6`/],
    ["[".repeat(100_000), /ends in the middle|no span/],
    [`{"resourceSpans":${"[".repeat(100_000)}`, /nested too deeply/],
    [Buffer.from([0x7b, 0xff]), /no text in UTF-8/],
    [Buffer.from([0x0a, 0x05, 0x12]), /cut short/],
    [gzipSync("hello").subarray(0, 20), /damaged or was cut/],
  ]) {
    await assert.rejects(asTheReportReads(content), said, String(content).slice(0, 80));
  }
});

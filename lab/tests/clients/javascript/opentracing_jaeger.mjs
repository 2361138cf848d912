// Sends the known spans through OpenTracing with Jaeger's client for JavaScript: to the collector at JAEGER_ENDPOINT, or in
// packets to the agent at JAEGER_AGENT_HOST and JAEGER_AGENT_PORT. Prints the ids by the spans' names.

import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_MODULES + "/");
const { initTracerFromEnv } = require("jaeger-client");

process.env.JAEGER_SERVICE_NAME = "known";
process.env.JAEGER_SAMPLER_TYPE = "const";
process.env.JAEGER_SAMPLER_PARAM = "1";
const tracer = initTracerFromEnv(
  { traceId128bit: true },
  { tags: { environment: "test" }, logger: { info() {}, error: (message) => console.error(message) } },
);

// Milliseconds since 1970.
const SECOND = 1_700_000_000_000;
const server = tracer.startSpan("POST /orders", { startTime: SECOND });
server.setTag("span.kind", "server");
server.setTag("text", "grüße, 世界");
server.setTag("truth", true);
server.setTag("half", 0.5);
server.setTag("error", true);
server.log({ event: "out of stock", product: "7" }, SECOND + 125);
const client = tracer.startSpan("SELECT orders", { childOf: server, startTime: SECOND + 250 });
client.setTag("span.kind", "client");
client.finish(SECOND + 375);
server.finish(SECOND + 500);

await new Promise((resolve) => tracer.close(resolve));
const ids = {};
for (const span of [server, client]) ids[span._operationName] = span.context().spanIdStr;
console.log(JSON.stringify({ trace: server.context().traceIdStr, spans: ids }));

// Sends the known spans with OpenTelemetry's SDK for JavaScript; the endpoint comes from OTEL_EXPORTER_OTLP_ENDPOINT, the
// protocol is the argument: grpc, http/protobuf or http/json. Prints the ids by the spans' names.

import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_MODULES + "/");
const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } = require("@opentelemetry/api");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { BasicTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const exporters = {
  grpc: "@opentelemetry/exporter-trace-otlp-grpc",
  "http/protobuf": "@opentelemetry/exporter-trace-otlp-proto",
  "http/json": "@opentelemetry/exporter-trace-otlp-http",
};
const { OTLPTraceExporter } = require(exporters[process.argv[2]]);

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "known", "deployment.environment.name": "test" }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
const tracer = provider.getTracer("faultmart.clients", "1.2.3");

// Seconds and nanoseconds.
const at = (nanoseconds) => [1_700_000_000, nanoseconds];
const ids = {};
const remember = (span, name) => (ids[name] = span.spanContext().spanId);

const server = tracer.startSpan(
  "POST /orders",
  {
    kind: SpanKind.SERVER,
    startTime: at(1),
    attributes: {
      text: "grüße, 世界",
      truth: true,
      whole: 42,
      half: 0.5,
      texts: ["a", "b"],
      wholes: [1, 2],
      truths: [true, false],
    },
  },
  ROOT_CONTEXT,
);
remember(server, "POST /orders");
server.addEvent("out of stock", { product: "7" }, at(100_000_000));
server.setStatus({ code: SpanStatusCode.ERROR, message: "nothing left" });
const within = trace.setSpan(ROOT_CONTEXT, server);

const child = (name, kind, start, end, more) => {
  const span = tracer.startSpan(name, { kind, startTime: at(start), ...more }, within);
  remember(span, name);
  return { span, end: () => span.end(at(end)) };
};
const other = { traceId: "0102030405060708090a0b0c0d0e0f10", spanId: "1112131415161718", traceFlags: TraceFlags.SAMPLED };
child("SELECT orders", SpanKind.CLIENT, 10_000_000, 20_000_000, {
  links: [{ context: other, attributes: { why: "retry" } }],
}).end();
const work = child("work", SpanKind.INTERNAL, 30_000_000, 40_000_000);
work.span.setStatus({ code: SpanStatusCode.OK });
work.end();
child("publish", SpanKind.PRODUCER, 50_000_000, 60_000_000).end();
child("process", SpanKind.CONSUMER, 70_000_000, 80_000_000).end();
server.end(at(250_000_003));

await provider.shutdown();
console.log(JSON.stringify({ trace: server.spanContext().traceId, spans: ids }));

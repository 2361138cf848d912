"""Sends the known spans with OpenTelemetry's SDK for Python; the endpoint comes from OTEL_EXPORTER_OTLP_ENDPOINT, the
protocol is the argument: grpc, http/protobuf or http/json. Prints the ids by the spans' names."""

import json
import sys
from importlib import import_module

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

EXPORTERS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "http/json": "opentelemetry.exporter.otlp.json.http.trace_exporter",
}
exporter = import_module(EXPORTERS[sys.argv[1]]).OTLPSpanExporter()

resource = Resource({"service.name": "known", "deployment.environment.name": "test"})
provider = TracerProvider(resource=resource)
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("faultmart.clients", "1.2.3")

SECOND = 1_700_000_000_000_000_000
spans = {}

server = tracer.start_span(
    "POST /orders",
    context=Context(),
    kind=SpanKind.SERVER,
    start_time=SECOND + 1,
    attributes={
        "text": "grüße, 世界",
        "truth": True,
        "whole": 42,
        "half": 0.5,
        "texts": ["a", "b"],
        "wholes": [1, 2],
        "truths": [True, False],
    },
)
spans["POST /orders"] = server
server.add_event("out of stock", {"product": "7"}, timestamp=SECOND + 100_000_000)
server.set_status(Status(StatusCode.ERROR, "nothing left"))
within = trace.set_span_in_context(server, Context())


def child(name, kind, start, end, links=(), status=None):
    span = tracer.start_span(name, context=within, kind=kind, start_time=SECOND + start, links=links)
    if status:
        span.set_status(status)
    span.end(SECOND + end)
    spans[name] = span


other = SpanContext(
    trace_id=0x0102030405060708090A0B0C0D0E0F10,
    span_id=0x1112131415161718,
    is_remote=True,
    trace_flags=TraceFlags(TraceFlags.SAMPLED),
)
child("SELECT orders", SpanKind.CLIENT, 10_000_000, 20_000_000, links=[Link(other, {"why": "retry"})])
child("work", SpanKind.INTERNAL, 30_000_000, 40_000_000, status=Status(StatusCode.OK))
child("publish", SpanKind.PRODUCER, 50_000_000, 60_000_000)
child("process", SpanKind.CONSUMER, 70_000_000, 80_000_000)
server.end(SECOND + 250_000_003)

if not provider.force_flush():
    sys.exit("not all was sent")
provider.shutdown()
ids = {name: format(span.get_span_context().span_id, "016x") for name, span in spans.items()}
print(json.dumps({"trace": format(server.get_span_context().trace_id, "032x"), "spans": ids}))

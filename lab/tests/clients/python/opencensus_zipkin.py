"""Sends the known spans with OpenCensus to Zipkin's collector at ZIPKIN_HOST and ZIPKIN_PORT. OpenCensus takes times from
the clock; what it says of each span is printed."""

import json
import os
from datetime import datetime, timedelta, timezone

from opencensus.ext.zipkin.trace_exporter import ZipkinExporter
from opencensus.trace import samplers
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

exported = []


class Exporter(ZipkinExporter):
    def emit(self, span_datas):
        exported.extend(span_datas)
        super().emit(span_datas)


exporter = Exporter(
    service_name="known",
    host_name=os.environ["ZIPKIN_HOST"],
    port=int(os.environ["ZIPKIN_PORT"]),
    ipv4="192.0.2.1",
)
tracer = Tracer(exporter=exporter, sampler=samplers.AlwaysOnSampler())
with tracer.span(name="POST /orders") as server:
    server.span_kind = SpanKind.SERVER
    server.add_attribute("text", "grüße, 世界")
    server.add_attribute("whole", 42)
    server.add_attribute("truth", True)
    server.add_annotation("out of stock", product="7")
    with server.span(name="SELECT orders") as client:
        client.span_kind = SpanKind.CLIENT
tracer.finish()



def microseconds(time):
    since = datetime.fromisoformat(time.replace("Z", "+00:00")) - datetime.fromtimestamp(0, timezone.utc)
    return since // timedelta(microseconds=1)


spans = {
    span.name: {
        "id": span.span_id,
        "start": microseconds(span.start_time),
        "end": microseconds(span.end_time),
        "event": microseconds(span.annotations[0].timestamp) if span.annotations else None,
    }
    for span in exported
}
print(json.dumps({"trace": tracer.span_context.trace_id, "spans": spans}))

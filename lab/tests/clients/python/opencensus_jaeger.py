"""Sends the known spans with OpenCensus in packets to Jaeger's agent at JAEGER_AGENT_HOST and JAEGER_AGENT_PORT. OpenCensus
takes times from the clock; what it says of each span is printed. (Its exporter to the collector speaks another protocol than
the collector, and Jaeger's own refuses it too.)"""

import json
import os
from datetime import datetime, timedelta, timezone

from opencensus.ext.jaeger.trace_exporter import JaegerExporter
from opencensus.trace import samplers
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

exported = []


class Exporter(JaegerExporter):
    def emit(self, span_datas):
        exported.extend(span_datas)
        super().emit(span_datas)


exporter = Exporter(
    service_name="known",
    agent_host_name=os.environ["JAEGER_AGENT_HOST"],
    agent_port=int(os.environ["JAEGER_AGENT_PORT"]),
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

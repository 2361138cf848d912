"""Sends the known spans through OpenTracing with Jaeger's client for Python, in packets to the agent at
JAEGER_AGENT_HOST and JAEGER_AGENT_PORT. Prints the ids by the spans' names."""

import asyncio
import json
import os
import sys

from jaeger_client import Config
from opentracing import Reference, ReferenceType, tags

config = Config(
    config={
        "sampler": {"type": "const", "param": 1},
        "local_agent": {
            "reporting_host": os.environ["JAEGER_AGENT_HOST"],
            "reporting_port": int(os.environ["JAEGER_AGENT_PORT"]),
        },
        "generate_128bit_trace_id": True,
        "tags": {"environment": "test"},
    },
    service_name="known",
    validate=True,
)
tracer = config.new_tracer()

SECOND = 1_700_000_000
server = tracer.start_span("POST /orders", start_time=SECOND, ignore_active_span=True)
server.set_tag(tags.SPAN_KIND, tags.SPAN_KIND_RPC_SERVER)
server.set_tag("text", "grüße, 世界")
server.set_tag("truth", True)
server.set_tag("whole", 42)
server.set_tag("half", 0.5)
server.set_tag(tags.ERROR, True)
server.log_kv({"event": "out of stock", "product": "7"}, timestamp=SECOND + 0.125)
client = tracer.start_span("SELECT orders", child_of=server, start_time=SECOND + 0.25)
client.set_tag(tags.SPAN_KIND, tags.SPAN_KIND_RPC_CLIENT)
client.finish(finish_time=SECOND + 0.375)
later = tracer.start_span(
    "process",
    references=[Reference(ReferenceType.FOLLOWS_FROM, server.context)],
    start_time=SECOND + 0.75,
)
later.finish(finish_time=SECOND + 0.875)
server.finish(finish_time=SECOND + 0.5)

# The spans lie in the queue of a loop in another thread, whose own way to close cannot be waited for from here.


async def flush():
    await tracer.reporter._flush()


asyncio.run_coroutine_threadsafe(flush(), tracer.reporter.io_loop.asyncio_loop).result(timeout=10)
named = {"POST /orders": server, "SELECT orders": client, "process": later}
ids = {name: format(span.span_id, "016x") for name, span in named.items()}
print(json.dumps({"trace": format(server.trace_id, "032x"), "spans": ids}))
sys.stdout.flush()
# Its own loop runs in a thread that nothing ends.
os._exit(0)

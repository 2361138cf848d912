"""Sends the known spans with Yelp's client for Zipkin to the collector at ZIPKIN_ENDPOINT, in Thrift. Prints the ids by the
spans' names."""

import json
import os
import sys
import urllib.request
from unittest.mock import patch

# It takes protobuf if that is there, but not in the version that other clients need.
sys.modules["google.protobuf"] = None

from py_zipkin import Encoding, Kind
from py_zipkin.zipkin import zipkin_span

SECOND = 1_700_000_000


def post(message):
    headers = {"content-type": "application/x-thrift"}
    request = urllib.request.Request(os.environ["ZIPKIN_ENDPOINT"], message, headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        assert answer.status == 202


def clock(after):
    """The client takes the times of the first span from the clock."""
    return patch("time.time", lambda: SECOND + after)


shared = {"service_name": "known", "encoding": Encoding.V1_THRIFT}
server = zipkin_span(
    span_name="post /orders",
    kind=Kind.SERVER,
    transport_handler=post,
    sample_rate=100.0,
    use_128bit_trace_id=True,
    host="192.0.2.1",
    port=8080,
    binary_annotations={"http.path": "/orders", "text": "grüße, 世界"},
    annotations={"out of stock": SECOND + 0.5},
    **shared,
)
client = zipkin_span(span_name="select orders", kind=Kind.CLIENT, timestamp=SECOND + 0.5, duration=0.125, **shared)
with clock(0.25):
    server.start()
with client:
    client.add_sa_binary_annotation(port=5432, service_name="database", host="192.0.2.2")
    client.update_binary_annotations({"error": "nothing left"})
with clock(1.25):
    server.stop()

ids = {span.span_name: span.zipkin_attrs.span_id for span in [server, client]}
print(json.dumps({"trace": server.zipkin_attrs.trace_id, "spans": ids}))

"""Sends the known spans with AWS X-Ray's SDK to the daemon at AWS_XRAY_DAEMON_ADDRESS: as one segment with what happened
below it, or with the argument `stream` each subsegment in a packet of its own, as soon as it has ended. Prints the ids by
the names."""

import json
import sys

from aws_xray_sdk.core import xray_recorder

SECOND = 1_700_000_000
xray_recorder.configure(
    service="known",
    sampling=False,
    streaming_threshold=0 if sys.argv[1:] == ["stream"] else 100,
)
ids = {}


def begin(name, namespace, start):
    subsegment = xray_recorder.begin_subsegment(name, namespace)
    subsegment.start_time = SECOND + start
    ids[name] = subsegment.id
    return subsegment


segment = xray_recorder.begin_segment("known")
segment.start_time = SECOND + 0.25
ids["known"] = segment.id
segment.set_user("u-7")
segment.set_service({"version": "1.2.3"})
for key, value in {
    "method": "POST",
    "url": "http://shop.example/orders",
    "user_agent": "tests",
    "client_ip": "192.0.2.7",
    "status": 500,
    "content_length": 17,
}.items():
    segment.put_http_meta(key, value)
for key, value in {"text": "grüße, 世界", "truth": True, "whole": 42, "half": 0.5}.items():
    segment.put_annotation(key, value)
segment.put_metadata("items", [1, "two"], "cart")

query = begin("SELECT orders", "remote", 0.5)
query.set_sql({"sanitized_query": "SELECT 1", "database_type": "postgresql"})
xray_recorder.end_subsegment(SECOND + 0.625)

begin("work", "local", 0.75)
stored = begin("DynamoDB", "aws", 0.8125)
stored.set_aws({"operation": "PutItem", "table_name": "orders"})
xray_recorder.end_subsegment(SECOND + 0.875)
xray_recorder.current_subsegment().add_exception(ValueError("nothing left"), [("shop/stock.py", 7, "take", "")])
xray_recorder.end_subsegment(SECOND + 1)
xray_recorder.end_segment(SECOND + 1.25)

print(json.dumps({"trace": segment.trace_id[2:].replace("-", ""), "spans": ids}))

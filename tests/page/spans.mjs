// Traces made up for the tests, sent over OTLP as anybody would.

export const hex = (number, digits) => number.toString(16).padStart(digits, "0");
export const attribute = (key, value) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } });

/** Sends spans `{id, parent, name, start, took, service, ...}` (times in µs from `now`) as one trace. */
export async function send(otlp, traceId, spans, now = BigInt(Date.now()) * 1_000_000n) {
  const services = new Map();
  for (const it of spans) services.set(it.service, []);
  for (const it of spans) services.get(it.service).push(it);
  for (const [service, all] of services) {
    for (let at = 0; at < all.length; at += 5000) {
      const body = {
        resourceSpans: [
          {
            resource: { attributes: [attribute("service.name", service)] },
            scopeSpans: [
              {
                spans: all.slice(at, at + 5000).map((it) => ({
                  traceId,
                  spanId: hex(it.id, 16),
                  ...(it.parent ? { parentSpanId: hex(it.parent, 16) } : {}),
                  name: it.name,
                  kind: it.kind ?? 1,
                  startTimeUnixNano: String(now + BigInt(it.start) * 1000n),
                  endTimeUnixNano: String(now + BigInt(it.start + it.took) * 1000n),
                  attributes: Object.entries(it.attributes ?? {}).map(([key, value]) => attribute(key, value)),
                  ...(it.events ? { events: it.events } : {}),
                  ...(it.links ? { links: it.links } : {}),
                  status: it.error ? { code: 2, message: it.error } : {},
                })),
              },
            ],
          },
        ],
      };
      const answer = await fetch(`${otlp}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    }
  }
}

/** A hundred thousand spans: a thousand calls with a hundred different statements each. */
export function large(count = 100_000) {
  const spans = [{ id: 1, name: "import", start: 0, took: count * 10, service: "importer" }];
  for (let call = 0; spans.length < count; call += 1) {
    const id = spans.length + 1;
    const start = call * 990;
    spans.push({ id, parent: 1, name: `POST /part/${call % 20}`, start, took: 980, service: "importer", kind: 3 });
    for (let at = 0; at < 99 && spans.length < count; at += 1) {
      spans.push({ id: spans.length + 1, parent: id, name: `step ${at}`, start: start + at * 9, took: 8, service: `worker-${call % 5}`, attributes: { "part.number": at } });
    }
  }
  return spans;
}

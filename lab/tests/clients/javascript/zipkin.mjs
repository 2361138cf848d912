// Sends the known spans with Zipkin's own client for JavaScript, to the collector in ZIPKIN_ENDPOINT, in the version of the
// format that is the argument: v1 or v2. The client takes ids and times itself; what it posted is printed.

import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_MODULES + "/");
const { Annotation, BatchRecorder, ExplicitContext, InetAddress, Tracer, jsonEncoder } = require("zipkin");
const { HttpLogger } = require("zipkin-transport-http");

const encoders = { v1: jsonEncoder.JSON_V1, v2: jsonEncoder.JSON_V2 };
const posted = [];
const logger = new HttpLogger({
  endpoint: process.env.ZIPKIN_ENDPOINT,
  jsonEncoder: encoders[process.argv[2]],
  httpInterval: 10,
  fetchImplementation: (url, options) => {
    posted.push(...JSON.parse(options.body));
    return fetch(url, { method: options.method, headers: options.headers, body: options.body });
  },
});

const tracer = new Tracer({
  ctxImpl: new ExplicitContext(),
  recorder: new BatchRecorder({ logger }),
  localServiceName: "known",
  traceId128Bit: true,
});

const answered = new Promise((resolve, reject) => {
  logger.on("success", () => posted.length === 2 && resolve());
  logger.on("error", reject);
});

tracer.scoped(() => {
  tracer.letId(tracer.createRootId(), () => {
    tracer.recordServiceName("known");
    tracer.recordRpc("post /orders");
    tracer.recordAnnotation(new Annotation.ServerRecv());
    tracer.recordAnnotation(new Annotation.LocalAddr({ host: new InetAddress("192.0.2.1"), port: 8080 }));
    tracer.recordBinary("http.path", "/orders");
    tracer.recordMessage("out of stock");
    tracer.letId(tracer.createChildId(), () => {
      tracer.recordServiceName("known");
      tracer.recordRpc("select orders");
      tracer.recordAnnotation(new Annotation.ClientSend());
      tracer.recordAnnotation(
        new Annotation.ServerAddr({ serviceName: "database", host: new InetAddress("192.0.2.2"), port: 5432 }),
      );
      tracer.recordAnnotation(new Annotation.ClientRecv());
    });
    tracer.recordBinary("error", "nothing left");
    tracer.recordAnnotation(new Annotation.ServerSend());
  });
});

// The logger's timer does not keep the process alive, and nothing else is under way yet.
const alive = setInterval(() => {}, 1000);
await answered;
clearInterval(alive);
console.log(JSON.stringify({ posted }));

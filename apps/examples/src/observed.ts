import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openDurableState } from "@laminar/recovery";
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { Registry } from "prom-client";
import { traceEvents } from "./event-spans.ts";
import { exposeStats, measureEvents } from "./prometheus-metrics.ts";

/*
 * A state that is watched: Prometheus finds its numbers at /metrics, and each recovery and checkpoint is a span of OpenTelemetry, which goes
 * to the console here. Stopped with Ctrl+C.
 */

const [directory, port = "9464"] = process.argv.slice(2);

async function run(path: string): Promise<void> {
  const registry = new Registry();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] });
  // Before the state is opened: its recovery tells too.
  measureEvents(registry);
  traceEvents(provider.getTracer("laminar"));
  const state = await openDurableState<number>({ directory: path });
  exposeStats(registry, state);
  const server = createServer((_, response) => {
    void registry.metrics().then((text) => response.setHeader("content-type", registry.contentType).end(text));
  });
  server.listen(Number(port), () => console.log(`metrics at http://localhost:${(server.address() as AddressInfo).port}/metrics`));
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  for (let n = 0; !stop.signal.aborted; n++) {
    state.put(`key ${n % 100}`, n);
    await state.commit();
    if (n % 100 === 99) await state.checkpoint();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await state.close();
  server.close();
  server.closeAllConnections();
}

if (directory === undefined) {
  console.error("observed DIRECTORY [PORT]");
  process.exitCode = 2;
} else await run(directory);

import { Presets, SingleBar } from "cli-progress";

/** Tells a person how far it is: a bar on a terminal, lines where the output is piped. */
export interface Progress {
  line(text: string): void;
  update(events: number): void;
  stop(): void;
}

export function openProgress(total: number): Progress {
  if (!process.stdout.isTTY) {
    return { line: (text) => console.log(text), update: () => undefined, stop: () => undefined };
  }
  const bar = new SingleBar({ format: "{bar} {value} of {total} flights", hideCursor: true, clearOnComplete: true, stream: process.stdout }, Presets.shades_classic);
  let value = 0;
  bar.start(total, 0);
  return {
    line(text) {
      bar.stop();
      console.log(text);
      bar.start(total, value);
    },
    update(events) {
      value = events;
      bar.update(events);
    },
    stop: () => bar.stop(),
  };
}

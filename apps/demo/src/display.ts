import { MultiBar, Presets } from "cli-progress";
import { colors as pc } from "./colors.ts";
import type { RecoverySummary } from "./messages.ts";
import type { Spectator } from "./supervisor.ts";

/** Shows a run while it goes on. */
export interface Display extends Spectator {
  /** Nothing more will come; what is printed afterwards stands below. */
  end(): void;
}

interface Progress {
  line(text: string): void;
  committed(event: number): void;
  end(): void;
}

export function createDisplay(events: number, output: NodeJS.WriteStream): Display {
  const progress = output.isTTY ? barProgress(events, output) : lineProgress(events, output);
  return {
    recovered: (start, summary) => progress.line(`start ${start}: ${formatRecovery(summary)}`),
    committed: (event) => progress.committed(event),
    killed: (kill, acknowledged) => progress.line(pc.red(`kill ${kill}: SIGKILL after event ${acknowledged} was acknowledged`)),
    end: () => progress.end(),
  };
}

/** One recovery in one line. */
export function formatRecovery(summary: RecoverySummary): string {
  const { checkpointId, skippedCheckpoints, replayed, tornBytes, milliseconds, nextEvent } = summary;
  const skipped = skippedCheckpoints === 0 ? "" : ` (${skippedCheckpoints} skipped)`;
  const checkpoint = checkpointId === undefined ? "no checkpoint" : `checkpoint ${checkpointId}`;
  const torn = tornBytes === 0 ? "" : ` (${tornBytes} bytes of a torn write left out)`;
  return `${checkpoint}${skipped}, ${replayed} log entries replayed${torn}, ${milliseconds.toFixed(0)} ms; goes on from event ${nextEvent}`;
}

function barProgress(events: number, output: NodeJS.WriteStream): Progress {
  const format = "{bar} {value} of {total} events committed, {duration_formatted}";
  const bars = new MultiBar({ format, stream: output, hideCursor: true, linewrap: false, barsize: 32 }, Presets.shades_classic);
  const bar = bars.create(events, 0);
  return {
    line: (text) => bars.log(`${text}\n`),
    committed: (event) => bar.update(event),
    end() {
      bars.update();
      bars.stop();
    },
  };
}

/** A line at every quarter, for files and pipes. */
function lineProgress(events: number, output: NodeJS.WriteStream): Progress {
  let quartersSaid = 0;
  const line = (text: string): void => void output.write(`${text}\n`);
  return {
    line,
    committed(event) {
      const quarters = Math.floor((event * 4) / events);
      if (quarters <= quartersSaid) return;
      quartersSaid = quarters;
      line(`${event} of ${events} events committed`);
    },
    end: () => undefined,
  };
}

import type { Owners, Verdict } from "../owners.ts";
import { Schedule, type ScheduleOptions } from "./schedule.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import type { Operation } from "./simulated-disk.ts";
import type { Volume } from "./volume.ts";

/** One boot of a simulated computer: a volume, a clock, and the processes that run. */
export class Machine {
  readonly volume: Volume;
  readonly clock: SimulatedClock;
  readonly boot: number;
  readonly #living: Set<number> = new Set();
  #processes: number;
  #identities: number;
  #schedule: Schedule | undefined;

  private constructor(volume: Volume, clock: SimulatedClock, numbers: { boot: number; processes: number; identities: number }) {
    this.volume = volume;
    this.clock = clock;
    this.boot = numbers.boot;
    this.#processes = numbers.processes;
    this.#identities = numbers.identities;
  }

  static first(volume: Volume): Machine {
    return new Machine(volume, new SimulatedClock(), { boot: 1, processes: 0, identities: 0 });
  }

  /** The same boot with other files and no process: numbers and time go on from here. */
  afterKill(): (volume: Volume) => Machine {
    return this.#successor(this.boot);
  }

  afterPowerCut(): (volume: Volume) => Machine {
    return this.#successor(this.boot + 1);
  }

  #successor(boot: number): (volume: Volume) => Machine {
    const { elapsed } = this.clock;
    const numbers = { boot, processes: this.#processes, identities: this.#identities };
    return (volume) => new Machine(volume, new SimulatedClock(elapsed), numbers);
  }

  startProcess(): number {
    this.#processes += 1;
    this.#living.add(this.#processes);
    return this.#processes;
  }

  endProcess(process: number): void {
    this.#living.delete(process);
  }

  /** Settles when a call that is made now takes effect. */
  turnOf(kind: string, handle?: object): Promise<void> {
    return this.#schedule?.turnOf(kind, handle) ?? Promise.resolve();
  }

  /** Tells of an operation that takes effect. */
  note(process: number, operation: Operation): void {
    this.#schedule?.note({ process, ...operation });
  }

  async runInterleaved<T>(program: () => Promise<T>, options: ScheduleOptions): Promise<T> {
    if (this.#schedule !== undefined) throw new Error("A program runs interleaved on this machine already: make both parts of one program.");
    const schedule = new Schedule(this.clock, options);
    this.#schedule = schedule;
    try {
      return await schedule.run(program);
    } finally {
      this.#schedule = undefined;
      schedule.end();
    }
  }

  ownersFor(process: number): Owners {
    return {
      identify: async () => {
        this.#identities += 1;
        // The fields of a real identity, so that whoever takes one apart finds a process and a host.
        const nonce = this.#identities.toString(16).padStart(16, "0");
        return `v1+boot${this.boot}+simulated+${process}+${process}+${process}+${nonce}+simulated`;
      },
      judge: async (identity) => {
        if (this.#schedule !== undefined) await this.turnOf("judge");
        return this.#judge(identity);
      },
      takeKernelLock: async () => async () => undefined,
    };
  }

  #judge(identity: string): Verdict {
    const match = /^v1\+boot(\d+)\+simulated\+(\d+)\+/.exec(identity);
    if (match === null) return "unknown";
    return Number(match[1]) === this.boot && this.#living.has(Number(match[2])) ? "alive" : "dead";
  }
}

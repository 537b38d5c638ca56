import { appending } from "./log-conformance-appending.ts";
import { type LogContent, writeContent } from "./log-conformance-content.ts";
import { following, followingWriter } from "./log-conformance-following.ts";
import { readingDropped, readingFences } from "./log-conformance-gaps.ts";
import { closing, openReader, readingBeside, reopening } from "./log-conformance-lifetimes.ts";
import { reading } from "./log-conformance-reading.ts";
import { counting, countingAnew } from "./log-conformance-statistics.ts";
import { dropping, fencing } from "./log-conformance-truncating.ts";
import { visiting } from "./log-conformance-visiting.ts";
import type { LogReader, WriteAheadLog } from "../log.ts";
import type { WalEntry, WalEntryInput } from "../wal-entry.ts";

/** Declares a test: `test` of `node:test`, vitest, Jest and others fits. */
export interface TestFunction {
  (name: string, body: () => Promise<void>): unknown;
  /** Declares a test that isn't run, for what a log says that it lacks. */
  readonly skip: (name: string, body: () => Promise<void>) => unknown;
}

/** What not every reader can be asked for: records that were dropped, fences, `follow`, `visit`. */
export type ReaderAbility = "drops" | "fences" | "follow" | "visit";

/** What not every log has: `follow`, other readers beside it, a life after `close`, `visit`. */
export type LogAbility = "follow" | "readers" | "reopen" | "visit";

/** A reader, for one test. */
export interface LogReaderUnderTest {
  readonly reader: LogReader<WalEntry>;
  /** Goes on writing what `reader` reads. Settles when it is durable. Needed for "follow". */
  readonly write?: ((content: LogContent) => Promise<void>) | undefined;
  /** Lets the clock that `reader` goes by go on, where it doesn't by itself. */
  readonly passTime?: ((milliseconds: number) => void) | undefined;
  /** Called once, after the test and after `reader` was closed. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** What the suite needs: your test runner, and a way to a reader of given content. */
export interface LogReaderConformanceOptions {
  readonly test: TestFunction;
  /** Called at the start of each test: a new log that came to be by `content`, all of it durable, and a reader of it. */
  readonly create: (content: LogContent) => Promise<LogReaderUnderTest>;
  /** Tests that need it are declared with `test.skip`. @default [] */
  readonly lacks?: readonly ReaderAbility[] | undefined;
}

/** A log of the standard entries. */
export type StandardLog = WriteAheadLog<WalEntry, WalEntryInput>;

/** A log, for one test. */
export interface LogUnderTest {
  /** New and empty. Nothing in it becomes durable by itself, or not within a second; the unit that it drops is a few kilobytes. */
  readonly log: StandardLog;
  /** Opens the same log again, for writing. Needed for "reopen". */
  readonly reopen?: (() => Promise<StandardLog>) | undefined;
  /** Opens another reader of the same log, while it is written or later. Needed for "readers". */
  readonly openReader?: (() => Promise<LogReader<WalEntry>>) | undefined;
  /** Lets the clock that the log goes by go on, where it doesn't by itself. */
  readonly passTime?: ((milliseconds: number) => void) | undefined;
  /** Called once, after the test and after `log` was closed. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** What the suite needs: your test runner, a way to an empty log, and what yours lacks. */
export interface LogConformanceOptions {
  readonly test: TestFunction;
  /** Called at the start of each test. */
  readonly create: () => Promise<LogUnderTest>;
  /** Tests that need it are declared with `test.skip`. @default [] */
  readonly lacks?: readonly LogAbility[] | undefined;
}

/** Tests of a reader by name: what the log holds, and what must then hold of its reader. */
export type ReaderCases = Readonly<
  Record<string, { readonly content: LogContent; readonly needs?: readonly ReaderAbility[]; readonly run: (given: LogReaderUnderTest) => Promise<void> }>
>;

/** Tests of a log by name. */
export type LogCases = Readonly<Record<string, (given: LogUnderTest) => Promise<void>>>;

const readerGroups: readonly (readonly [cases: ReaderCases, ...needs: ReaderAbility[]])[] = [
  [reading],
  [readingFences, "fences"],
  [readingDropped, "drops"],
  [visiting, "visit"],
  [following, "follow"],
];

const logGroups: readonly (readonly [cases: LogCases, ...needs: LogAbility[]])[] = [
  [appending],
  [counting],
  [fencing],
  [dropping],
  [closing],
  [reopening, "reopen"],
  [countingAnew, "reopen"],
  [readingBeside, "readers"],
  [followingWriter, "follow"],
];

/** Declares the tests that every `LogReader` of the standard entries passes: what its contract says and what shows without damage. */
export function logReaderConformance({ test, create, lacks = [] }: LogReaderConformanceOptions): void {
  declareReader("a reader", readerGroups, { test, create, lacks });
}

/**
 * Declares the tests that every `WriteAheadLog` of the standard entries passes: what its contract says and what shows without
 * a crash, a failing disk or limits on size. The log itself, and every reader that `openReader` opens, pass the tests of
 * {@link logReaderConformance} too. A log that passes is still to be shown durable.
 */
export function logConformance({ test, create, lacks = [] }: LogConformanceOptions): void {
  for (const [cases, ...needs] of logGroups) {
    for (const [name, run] of Object.entries(cases)) {
      declare(test, `a log ${name}`, missing(needs, lacks), async () => {
        const given = await create();
        try {
          await run(given);
        } finally {
          await end(given);
        }
      });
    }
  }
  const readersLack = (["follow", "visit"] as const).filter((ability) => lacks.includes(ability));
  declareReader("a log, read by itself,", readerGroups, { test, lacks: readersLack, create: (content) => readByItself(create, content) });
  if (lacks.includes("readers")) {
    declare(test, "another reader of a log passes the tests of a reader", ["readers"], async () => undefined);
    return;
  }
  const live = readerGroups.filter(([, ...needs]) => needs.includes("follow"));
  const settled = readerGroups.filter((group) => !live.includes(group));
  declareReader("another reader of a log", settled, { test, lacks: readersLack, create: (content) => readAfterwards(create, content) });
  declareReader("another reader of a log", live, { test, lacks: readersLack, create: (content) => readMeanwhile(create, content) });
}

function declareReader(who: string, groups: typeof readerGroups, { test, create, lacks = [] }: LogReaderConformanceOptions): void {
  for (const [cases, ...groupNeeds] of groups) {
    for (const [name, { content, needs = [], run }] of Object.entries(cases)) {
      declare(test, `${who} ${name}`, missing([...groupNeeds, ...needs], lacks), async () => {
        const given = await create(content);
        try {
          await run(given);
        } finally {
          await given.reader.close();
          await given.dispose?.();
        }
      });
    }
  }
}

const missing = <A extends string>(needs: readonly A[], lacks: readonly A[]): readonly A[] => needs.filter((ability) => lacks.includes(ability));

function declare(test: TestFunction, name: string, missed: readonly string[], body: () => Promise<void>): void {
  if (missed.length === 0) test(name, body);
  else test.skip(`${name} (lacks ${missed.join(", ")})`, body);
}

async function end({ log, dispose }: LogUnderTest): Promise<void> {
  await log.close();
  await dispose?.();
}

async function readByItself(create: () => Promise<LogUnderTest>, content: LogContent): Promise<LogReaderUnderTest> {
  const { log, passTime, dispose } = await create();
  await writeContent(log, content);
  return { reader: log, passTime, write: (more) => writeContent(log, more), dispose };
}

/** Once the log is closed, so that all of it is proven durable. */
async function readAfterwards(create: () => Promise<LogUnderTest>, content: LogContent): Promise<LogReaderUnderTest> {
  const given = await create();
  await writeContent(given.log, content);
  await given.log.close();
  return { reader: await openReader(given), passTime: given.passTime, dispose: given.dispose };
}

async function readMeanwhile(create: () => Promise<LogUnderTest>, content: LogContent): Promise<LogReaderUnderTest> {
  const given = await create();
  await writeContent(given.log, content);
  const reader = await openReader(given);
  return { reader, passTime: given.passTime, write: (more) => writeContent(given.log, more), dispose: () => end(given) };
}

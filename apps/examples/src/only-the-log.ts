import { msgpackCodec, openWal, openWalReader } from "@laminar/wal";

/*
 * Only the log, with entries of your own. One process writes, any number of others read or follow, and whatever kills the
 * writer, what it called durable is there.
 */

/** What is logged. Any plain value will do: numbers, texts, dates, bigints, bytes, arrays and objects of them. */
interface Reading {
  readonly sensor: string;
  readonly celsius: number;
  readonly at: Date;
}

const codec = msgpackCodec<Reading>();

/** One round of all sensors, which the log keeps or loses as one. */
function measure(round: number): readonly Reading[] {
  const at = new Date(Date.UTC(2026, 0, 1, 0, round));
  return ["attic", "cellar", "kitchen"].map((sensor, i) => ({ sensor, celsius: 30 - 10 * i + (round % 7), at }));
}

const sensors = measure(0).length;

/** Appends so many rounds, each durable before it says so. */
async function write(directory: string, rounds: number): Promise<void> {
  const log = await openWal(directory, { codec });
  const roundsBefore = log.lastLsn / sensors;
  for (let round = 1; round <= rounds; round++) {
    const last = log.appendAll(measure(roundsBefore + round));
    await log.sync();
    console.log(`durable: ${last}`);
  }
  await log.close();
}

/** Reads what is there, and changes nothing. */
async function read(directory: string): Promise<void> {
  const log = await openWalReader(directory, { codec });
  const warmest = new Map<string, Reading>();
  let count = 0;
  for await (const { entry } of log.entries({ unproven: true })) {
    count++;
    if (entry.celsius > (warmest.get(entry.sensor)?.celsius ?? Number.NEGATIVE_INFINITY)) warmest.set(entry.sensor, entry);
  }
  console.log(`${count} readings`);
  for (const { sensor, celsius, at } of warmest.values()) console.log(`${sensor}: at most ${celsius} °C, at ${at.toISOString()}`);
  await log.close();
}

/** Reads on as the log grows, until Ctrl+C. */
async function follow(directory: string): Promise<void> {
  const log = await openWalReader(directory, { codec });
  process.once("SIGINT", () => void log.close());
  for await (const { lsn, entry } of log.entries({ follow: true })) console.log(`${lsn} ${entry.sensor} ${entry.celsius}`);
}

const [command, directory, rounds = "1"] = process.argv.slice(2);

if (directory !== undefined && command === "write") await write(directory, Number(rounds));
else if (directory !== undefined && command === "read") await read(directory);
else if (directory !== undefined && command === "follow") await follow(directory);
else {
  console.error("only-the-log write DIRECTORY [ROUNDS] | read DIRECTORY | follow DIRECTORY");
  process.exitCode = 2;
}

import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openWal, openWalReader, readWalSync, verifyWal, type WalError } from "../src/index.ts";
import { changeBytes, DAMAGES } from "./damages.ts";
import { freshDirectory, lsnsOf, readAll } from "./logs.ts";
import { lookAt, segment, writeSampleLog } from "./run-command.ts";

const STOP = 'with onDamage: "stop"';
const refusalOf = (directory: string): Promise<WalError> => openWal(directory).then(
  () => Promise.reject(new Error("the log was opened")),
  (error: WalError) => error,
);

/** Damages each header in its first sector, so that none verifies. */
async function withoutHeaders(): Promise<string> {
  const directory = await writeSampleLog();
  for (let number = 1; number <= 8; number++) await changeBytes(join(directory, segment(number)), (bytes) => (bytes[40] = (bytes[40] as number) ^ 1));
  return directory;
}

describe("where the oldest segment is gone", () => {
  const lost = async (): Promise<string> => {
    const directory = await writeSampleLog();
    await rm(join(directory, segment(1)));
    return directory;
  };

  it("the refusal names what is missing instead of the file that is there, and only what can be done", async () => {
    const directory = await lost();
    const error = await refusalOf(directory);
    expect(error).toMatchObject({ code: "WAL_LOST_SEGMENT", file: directory, lsn: 1, expected: 1, actual: 5 });
    expect(error.message).toBe(
      `${directory}: records 1 to 4 should be held, and are in no file: ${segment(1)} is gone, or what else stood in front of ${segment(2)}. ` +
        `Nothing was changed; restore it from a copy, or go on without these records ${STOP}, where a recovery needs a checkpoint at record 4 or later`,
    );
  });

  it("a reader that goes on says so beside its end, which is clean", async () => {
    const directory = await lost();
    const { message } = await refusalOf(directory);
    const reader = await openWalReader(directory, { onDamage: "stop" });
    expect([reader.startsAfter, reader.end.kind]).toEqual([4, "clean"]);
    expect(reader.damageAtStart).toMatchObject({ code: "WAL_LOST_SEGMENT", message });
    expect(lsnsOf(await readAll(reader))[0]).toBe(5);
    expect(reader.damageAtStart).toMatchObject({ message });
    expect(readWalSync(directory, { onDamage: "stop" }).damageAtStart).toMatchObject({ message });
  });

  it("so does the log that goes on, and once it has, the next opening finds nothing missing", async () => {
    const directory = await lost();
    const log = await openWal(directory, { onDamage: "stop" });
    expect(log.damageAtStart).toMatchObject({ code: "WAL_LOST_SEGMENT", lsn: 1 });
    await log.close();
    const again = await openWal(directory);
    expect(again.damageAtStart).toBeUndefined();
    await again.close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok" });
  });
});

it("a log that is whole, or damaged elsewhere, has no damage at its start", async () => {
  const directory = await writeSampleLog();
  expect((await openWalReader(directory, { onDamage: "stop" })).damageAtStart).toBeUndefined();
  await DAMAGES[0]?.apply(directory);
  expect((await openWalReader(directory, { onDamage: "stop" })).damageAtStart).toBeUndefined();
});

it("the newest segment, when it is gone, is named as the file that it was", async () => {
  const directory = await writeSampleLog();
  await rm(join(directory, segment(8)));
  expect((await refusalOf(directory)).message).toBe(
    `${join(directory, segment(8))} was published and is gone, and with it what it held. Nothing was changed; restore the file from a copy, or go on without it ${STOP}`,
  );
});

describe("where no segment's header can be read", () => {
  const advice = "No other segment's header can be read either, so nothing of this log can be read in order. Nothing was changed; restore the files from a copy, or, if that can't be, move the log away and recover from the newest checkpoint alone with acceptMissingLog";

  it("the advice is what works, also for who didn't ask to stop", async () => {
    const directory = await withoutHeaders();
    const file = join(directory, segment(1));
    const message = `${file}: the header's checksum differs. ${advice}`;
    for (const onDamage of ["refuse", "stop"] as const) {
      await expect(openWal(directory, { onDamage })).rejects.toMatchObject({ code: "WAL_CORRUPT", file, offset: 0, message });
      await expect(openWalReader(directory, { onDamage })).rejects.toMatchObject({ code: "WAL_CORRUPT", message });
    }
  });

  it("and where there is no segment at all, but the name of one that was published", async () => {
    const directory = await freshDirectory();
    await writeFile(join(directory, "0000000000000003.head"), "");
    expect(await refusalOf(directory)).toMatchObject({ code: "WAL_LOST_SEGMENT", message: `${join(directory, segment(3))} was published and is gone, and with it what it held. ${advice}` });
  });
});

describe("another log's segment", () => {
  it.each([
    { name: "under a new number", number: 9 },
    { name: "under its own number", number: 8 },
    { name: "in the place of the oldest", number: 1 },
  ])("is said to be that: $name", async ({ number }) => {
    const [directory, other] = [await writeSampleLog(), await writeSampleLog()];
    const [own, foreign] = [(await openWalReader(directory)).logId, (await openWalReader(other)).logId];
    await copyFile(join(other, segment(8)), join(directory, segment(number)));
    const { code, message } = await refusalOf(directory);
    expect(code).toBe("WAL_CORRUPT");
    expect(message).toBe(
      `${join(directory, segment(number))}: the header says that this is segment 8 of log ${foreign}, and the log here is ${own}. ` +
        `Nothing was changed; restore the file that belongs there from a copy, or move this one away if none does, or read up to it ${STOP}`,
    );
  });

  it("is told from a segment of this log under another's name", async () => {
    const directory = await writeSampleLog();
    await copyFile(join(directory, segment(5)), join(directory, segment(4)));
    expect((await refusalOf(directory)).message).toContain(`${segment(4)}: the header says that this is segment 5. Nothing was changed; restore the file from a copy, or read up to it ${STOP}`);
  });
});

it("the command names the command that takes the log's newest checkpoint, where no header can be read", async () => {
  const directory = await withoutHeaders();
  const { stderr } = await lookAt(directory, "dump", "--salvage");
  expect(stderr).toContain("move the log away and recover from the newest checkpoint alone with --accept-missing-log of npx @laminar/recovery\n");
  expect(stderr).toMatch(/\d+ records salvaged/);
});

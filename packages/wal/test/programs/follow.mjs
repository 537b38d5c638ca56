// Follows a log with nothing else to do, and tells its parent each record: its number and its key.
import { writeSync } from "node:fs";
import { openWalReader } from "../../dist/index.js";

const reader = await openWalReader(process.argv[2]);
const text = new TextDecoder();
for await (const { lsn, entry } of reader.entries({ follow: true })) writeSync(1, `${lsn} ${text.decode(entry.key)}\n`);

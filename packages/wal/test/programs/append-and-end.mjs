// Appends one record to the log of the directory that it is given and ends, without a close: nothing keeps it alive.
import { openWal } from "@laminar/wal";

const [, , directory] = process.argv;
const log = await openWal(directory, { syncInterval: 3_600_000 });
process.stdout.write(`appended ${log.append({ type: "delete", key: new Uint8Array(1) })}\n`);

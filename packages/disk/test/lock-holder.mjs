// Takes the lock of the directory that it is given, says so, and keeps it until it is killed. A process or a worker thread.
import { writeSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { lockDirectory, nodeDisk } from "../dist/index.js";

const lock = await lockDirectory(nodeDisk, process.argv[2]);
if (parentPort === null) writeSync(1, `held ${process.pid} ${lock.identity}\n`);
else parentPort.postMessage(lock.identity);
setInterval(() => undefined, 1_000_000);

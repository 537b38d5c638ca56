// One of many processes that race for a lock with several threads each, and die at any moment. Prints one line an event:
// "A" acquired, "R" refused, "K" about to kill itself, "T" a thread was ended, "V ..." two owners, "E ..." anything else.
import * as fs from "node:fs";
import { join } from "node:path";
import { isMainThread, Worker } from "node:worker_threads";
import { lockDirectory, nodeDisk } from "../dist/index.js";

const [root, threads] = [process.argv[2], Number(process.argv[3])];
const say = (line) => fs.writeSync(1, `${line}\n`);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

if (isMainThread) {
  const start = () => new Worker(new URL(import.meta.url), { argv: [root] });
  const workers = Array.from({ length: threads }, start);
  for (;;) {
    await sleep(400 + Math.random() * 800);
    const index = Math.floor(Math.random() * threads);
    await workers[index].terminate();
    say("T");
    workers[index] = start();
  }
} else {
  await race();
}

async function race() {
  const who = join(root, "who");
  const log = join(root, "log");
  const me = fs.readlinkSync("/proc/thread-self");
  const mark = `${me} ${startOf(me)}`;
  const disk = dying(nodeDisk);
  for (;;) {
    let lock;
    try {
      lock = await lockDirectory(disk, join(root, "locked"));
    } catch (error) {
      say(error.code === "DISK_LOCKED" ? "R" : `E ${error.code} ${error.message}`);
      await sleep(Math.random() * 4);
      continue;
    }
    say("A");
    const before = fs.readFileSync(who, "utf8");
    if (before !== "" && lives(before)) say(`V ${before} lives while ${mark} owns`);
    fs.writeFileSync(who, mark);
    const size = fs.statSync(log).size;
    await sleep(Math.random() * 3);
    if (Math.random() < 0.015) die();
    fs.appendFileSync(log, ".");
    if (fs.readFileSync(who, "utf8") !== mark || fs.statSync(log).size !== size + 1) say(`V ${mark} had company`);
    if (!(await lock.held())) say(`V ${mark} lost its lock`);
    fs.writeFileSync(who, "");
    await lock.release();
    await sleep(Math.random() * 5);
  }
}

/** The disk, with a small chance that the process is killed before or after any step. */
function dying(disk) {
  const methods = ["makeDirectory", "create", "rename", "list", "remove", "removeDirectory", "stat"];
  const wrap = (method) => async (...args) => {
    if (Math.random() < 0.0005) die();
    if (Math.random() < 0.02) await sleep(Math.random() * 3);
    const result = await disk[method](...args);
    if (Math.random() < 0.0005) die();
    return result;
  };
  return { ...disk, ...Object.fromEntries(methods.map((method) => [method, wrap(method)])) };
}

function die() {
  say("K");
  process.kill(process.pid, "SIGKILL");
}

function stat(thread) {
  try {
    const line = fs.readFileSync(`/proc/${thread}/stat`, "latin1");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function startOf(thread) {
  return stat(thread)[19];
}

function lives(text) {
  const [thread, start] = text.split(" ");
  const fields = stat(thread);
  return fields[19] === start && !"ZX".includes(fields[0]);
}

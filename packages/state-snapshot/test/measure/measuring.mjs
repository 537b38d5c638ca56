import * as fs from "node:fs";

// What the measuring programs share. Times are those of this process's own work (user and system) and of the clock; on a machine
// that does other things too, the former say more.

/** Distinct keys of 16 bytes in an order that no structure can follow; the same array each time. */
export function keyMaker() {
  const key = new Uint8Array(16);
  const view = new DataView(key.buffer);
  return (number) => {
    const mixed = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d);
    view.setInt32(0, mixed);
    view.setInt32(4, Math.imul(mixed, 0x297a2d39));
    view.setInt32(8, number);
    view.setInt32(12, ~mixed);
    return key;
  };
}

/** Every number below `count` once. */
export const shuffled = (number, count) => Number((BigInt(number) * 7368787n) % BigInt(count));

export async function collect(chunks) {
  const all = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

export function bytesInUse() {
  globalThis.gc();
  globalThis.gc();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

let schedule;
const text = Buffer.alloc(100);

/** Milliseconds that pass while this thread runs or waits by itself, not while it waits for a processor that others have (Linux; elsewhere they do too). */
export function ownTime() {
  if (process.platform !== "linux") return performance.now();
  schedule ??= fs.openSync("/proc/thread-self/schedstat", "r");
  const now = performance.now();
  const [, waited] = text.latin1Slice(0, fs.readSync(schedule, text, 0, text.length, 0)).split(" ");
  return now - Number(waited) / 1e6;
}

const rows = new Map();

function began() {
  const cpu = process.cpuUsage();
  const at = performance.now();
  return (name, per) => {
    const wall = performance.now() - at;
    const { user, system } = process.cpuUsage(cpu);
    const row = rows.get(name) ?? { cpu: [], wall: [], per };
    row.cpu.push((user + system) / 1000);
    row.wall.push(wall);
    rows.set(name, row);
  };
}

/** Times `work`, which is `per` operations. */
export function measure(name, per, work) {
  const end = began();
  const result = work();
  end(name, per);
  return result;
}

export async function measureAsync(name, per, work) {
  const end = began();
  const result = await work();
  end(name, per);
  return result;
}

const middle = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const ms = (value) => value.toFixed(1).padStart(9);

/** One line for each thing that was measured, over all rounds. */
export function report() {
  console.log(`${"".padEnd(38)}   least ms cpu  median ms cpu   least ms wall   ns cpu each (least)`);
  for (const [name, { cpu, wall, per }] of rows) {
    const least = Math.min(...cpu);
    console.log(`${name.padEnd(38)} ${ms(least)}      ${ms(middle(cpu))}       ${ms(Math.min(...wall))}   ${((least / per) * 1e6).toFixed(0).padStart(12)}`);
  }
}

/** What a read of memory costs here and now that no cache holds: most of what a large table costs is that. */
export function nanosecondsPerMiss() {
  const words = new Int32Array(2 ** 25);
  for (let at = 0; at < words.length; at += 1) words[at] = (Math.imul(at, 1664525) + 1013904223) & (words.length - 1);
  const { user } = process.cpuUsage();
  let at = 0;
  for (let count = 0; count < 1e6; count += 1) at = words[at];
  return at < 0 ? 0 : (process.cpuUsage().user - user) / 1000;
}

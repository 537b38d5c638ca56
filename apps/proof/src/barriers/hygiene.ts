import type { Reason, UnreachedReason } from "./verdict.ts";

/** Barriers that no crash needs, and what they are there for. One that shows all the same, or isn't there, fails the row. */
export const NEEDLESS_BARRIERS: readonly Reason[] = [
  {
    what: "without | wal/segment-writer sync: sync for wal/wal-writer #finish",
    why: "Whatever was appended is durable before: this sync covers the closing marker alone, which saves the next open its copying.",
  },
  {
    what: "without | checkpoint/file-checkpoint-store #empty: remove for checkpoint/file-checkpoint-store publish",
    why: "It gives a full disk its space back at once; the next sweep would do the same.",
  },
  {
    what: "without | wal/segment-writer removeTemporary: remove",
    why: "Nobody reads a temporary name: one that stays costs its space alone. packages/wal/test/many-opens.test.ts shows the removal.",
  },
  { what: "told before | checkpoint/file-store-steps syncLeftovers: syncDirectory", why: "A sweep tells nobody anything; what has to wait for it is the removal." },
  { what: "told before | checkpoint/file-store-steps giveBack: rename", why: "Its caller is told of a failure, after which each is gone or still there." },
];

/** Orders of two calls that no crash needs. */
export const NEEDLESS_ORDERS: readonly Reason[] = [
  { what: /\| behind \| disk\/durable removeLeftover: remove$/, why: "It removes what nobody reads and what only the next call, which makes the file anew, minds." },
  { what: /^checkpoint\/file-checkpoint-store #(empty: remove|remove: removeDirectory)\b.* \| behind \|/, why: "What is swept away is of no use, so it may go later." },
  { what: /^wal\/segment-catalog remove: remove \| behind \|/, why: "A segment of which nothing counts may go later." },
  { what: /^wal\/segment-writer #writeHead: remove \| behind \|/, why: "An older head says less than the newest, so it may go later." },
  {
    what: /^wal\/segment-writer #writeHead: syncDirectory \| behind \| wal\/segment-writer (#writeHead: remove|writeMarker: writeSync)$/,
    why: "Nothing is acknowledged in a segment before its publish has ended, and until then its predecessors' loss shows by the segment itself.",
  },
  {
    what: "wal/segment-writer sync: sync for wal/batch-writer makeDurable | behind | wal/segment-writer #writeFrame: writeSync",
    why: "Where nobody is told anything in between, that batch was appended while the sync was under way, and may be written beside it.",
  },
  { what: /^wal\/segment-writer writeMarker: writeSync \| behind \|/, why: "A marker proves what is durable without it: without one the next open copies." },
  { what: /^wal\/segment-writer sync: sync for wal\/wal-writer #finish \| behind \|/, why: "As the sync itself: it covers a marker." },
  {
    what: "wal/segment-writer sync: sync for wal/batch-writer makeDurable | behind | checkpoint/file-checkpoint-store publish: makeDirectory",
    why: "A checkpoint of these records counts once it has its name, which it gets later.",
  },
  { what: "disk/transfer writeFully: write | behind | disk/transfer writeFully: write", why: "Bytes of one file, all of them before its sync." },
  {
    what: /^disk\/durable syncEntries: syncDirectory for disk\/durable (makeDurably|syncParentOfFound) \| behind \|/,
    why: "A directory's entry has to be durable before anything in it is acknowledged, which comes later than the next call.",
  },
  {
    what: /^checkpoint\/file-store-steps syncFound: syncDirectory \| behind \|/,
    why: "What was found has to be durable before anybody relies on it, which comes later than the next call.",
  },
  {
    what: /^checkpoint\/file-store-steps syncLeftovers: syncDirectory \| behind \| (?!checkpoint\/file-checkpoint-store #remove: removeDirectory)/,
    why: "The bytes of a leftover are of no use; its name carries an id, and the order with that is needed.",
  },
  { what: "disk/transfer writeFully: write | behind | checkpoint/file-store-steps syncState: sync", why: "Those are the metadata's bytes; their own sync follows." },
  { what: "checkpoint/file-store-steps syncState: sync | behind | checkpoint/file-store-steps syncMetadata: sync", why: "They are made side by side, both before the checkpoint gets its name." },
  { what: "checkpoint/file-store-steps syncMetadata: sync | behind | checkpoint/file-store-steps syncBuilt: syncDirectory", why: "Bytes and names are durable before the checkpoint gets its name, in any order." },
  {
    what: /^checkpoint\/file-store-steps sync(Published|TakenBack|Withdrawn): syncDirectory \| behind \| (checkpoint\/file-store-steps syncLeftovers|checkpoint\/file-checkpoint-store publish|disk\/durable|wal\/)/,
    why: "Whoever waits is told after it; the next call is another sync of the same directory, begins something new, or is about the log.",
  },
];

const STREAM = "It writes to a stream of the process.";
const OF_A_PACKAGE = "It calls a part of the packages, whose own calls are listed by themselves.";
const BEHIND_DAMAGE = "A log that was damaged goes on: packages/wal/test/going-on-crash.test.ts crashes it.";

/** Calls in the sources that the exploration doesn't make, each with the reason. */
export const CALLS_NOT_MADE: readonly UnreachedReason[] = [
  { name: "disk/lock moveIn: removeDirectory", receiver: "ignore(disk", why: "Only Windows renames over no empty directory; packages/disk/test/lock-interleavings.test.ts makes it." },
  { name: "disk/transfer writeFullySync: writeSync", receiver: "file", why: "No package writes so; it is there for those who use the port." },
  { name: "wal/begin-writing setAside: rename", receiver: "disk", why: BEHIND_DAMAGE },
  { name: "wal/begin-writing setAside: syncDirectory", receiver: "disk", why: BEHIND_DAMAGE },
  { name: "wal/segment-writer #writeFrame: write", receiver: "file", why: "A batch above 128 KiB is written on another thread; the bytes and their sync are the same." },
  { name: "checkpoint/write-state wrote: sync", receiver: "this.#file", why: "After 16 MiB of a state the disk gets its bytes early; the sync that counts comes at the end." },
  { name: "checkpoint/file-checkpoint-store #empty: removeDirectory", receiver: "this.#disk", why: "No package makes a directory within a checkpoint; this is for what somebody else put there." },
  { name: "wal/begin-writing continueLog: remove", receiver: "catalog", why: OF_A_PACKAGE },
  { name: "wal/file-log sync: sync", receiver: "this.#parts.writer", why: OF_A_PACKAGE },
  { name: "wal/segment-catalog removeDropped: remove", receiver: "this", why: OF_A_PACKAGE },
  { name: "wal/wal-writer #finish: sync", receiver: "segments", why: OF_A_PACKAGE },
  { name: "wal/wal-writer #write: write", receiver: "this.#batches", why: OF_A_PACKAGE },
  { name: "wal/batch-writer write: write", receiver: "this.#parts.segments", why: OF_A_PACKAGE },
  { name: "wal/batch-writer makeDurable: sync", receiver: "this.#parts.segments", why: OF_A_PACKAGE },
  { name: "wal/flush-loop #step: write", receiver: "this.#actions", why: OF_A_PACKAGE },
  { name: "recovery/durable-state/background-checkpoints #makeNow: sync", receiver: "commits", why: OF_A_PACKAGE },
  { name: "recovery/durable-state/background-checkpoints #makeNow: create", receiver: "manager", why: OF_A_PACKAGE },
  { name: "recovery/durable-state/commit-log sync: sync", receiver: "this.#log", why: OF_A_PACKAGE },
  { name: "recovery/durable-state/managed-state #durable: sync", receiver: "commits", why: OF_A_PACKAGE },
  { name: "disk/command-line/output print: write", receiver: "stream", why: STREAM },
  { name: "disk/command-line/progress update: write", receiver: "this.#stderr", why: STREAM },
  { name: "disk/command-line/progress clear: write", receiver: "this.#stderr", why: STREAM },
];

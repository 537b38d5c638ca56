// Runs a workload on the real disk, in the directory that it is given. Before each operation that changes or syncs something it says
// which, and waits for its parent: nothing runs meanwhile, and what the parent finds on the device is what a power cut would leave.
import { readSync, writeSync } from "node:fs";
import { nodeDisk } from "@laminar/disk";
import { ownersOfLives, seeded, workloads } from "./power-cut-workloads.mjs";
import { repeatable, seedIdentities } from "./repeatable.mjs";

const [root, name, seed] = process.argv.slice(2);

function before(operation) {
  writeSync(1, `${JSON.stringify(operation)}\n`);
  if (readSync(0, new Uint8Array(1)) === 0) process.exit(1);
}

seedIdentities(Number(seed));
const listener = { submitted: () => 0, acknowledged: () => undefined, random: seeded(Number(seed)) };
await workloads[name](repeatable(nodeDisk, { before, owners: ownersOfLives() }), root, listener);
before({ kind: "end", path: root });
process.exit(0);

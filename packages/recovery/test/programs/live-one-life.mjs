// Lives the life of the number that it is given on the real disk, in the directory that it is given, and ends at once.
import { nodeDisk } from "@laminar/disk";
import { repeatable, seedIdentities } from "./repeatable.mjs";

const [directory, life] = process.argv.slice(2);
seedIdentities(Number(life));
const { lives } = await import("./whole-stack-lives.mjs");
await lives[Number(life)](repeatable(nodeDisk), directory);
process.exit(0);

// Lives the life of the number that it is given on the real disk, in the directory that it is given, and ends at once.
import { nodeDisk } from "@laminar/disk";
import { repeatable, seedIdentities } from "./repeatable.mjs";
import { lives } from "./whole-stack-lives.mjs";

const [directory, life] = process.argv.slice(2);
seedIdentities(Number(life));
await lives[Number(life)](repeatable(nodeDisk), directory);
process.exit(0);

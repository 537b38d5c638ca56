import { hotPaths } from "./hot-paths.ts";
import { weigh } from "./weigh.ts";

/** The name of a hot path comes in; what an operation of it costs goes out as JSON. */
const path = hotPaths.find(({ name }) => name === process.argv[2]);
if (!path) throw new TypeError(`no hot path ${process.argv[2]}`);
process.stdout.write(JSON.stringify(await weigh(path)));

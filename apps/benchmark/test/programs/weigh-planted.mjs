// Weighs an append as it is, with a codec that makes a new array for each entry, and on a disk that writes everything twice.
import { append, appendCodec, appendWith } from "../../dist/budgets/log-paths.js";
import { weigh } from "../../dist/budgets/weigh.js";

const copying = appendWith({ encode: (entry) => new Uint8Array(entry), decode: (bytes) => bytes });

function writingTwice(disk) {
  return {
    ...disk,
    create: async (path) => {
      const file = await disk.create(path);
      return {
        ...file,
        write: async (position, source) => (await file.write(position, source), file.write(position, source)),
        writeSync: (position, source) => (file.writeSync(position, source), file.writeSync(position, source)),
      };
    },
  };
}

const twice = { ...append, prepare: (disk, operations) => append.prepare(writingTwice(disk), operations) };
const weights = {};
for (const [name, path] of Object.entries({ codec: appendCodec, copying, append, twice })) weights[name] = await weigh({ ...path, operations: 10_000 });
process.stdout.write(JSON.stringify(weights));

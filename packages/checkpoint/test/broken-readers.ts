import { CheckpointError, type CheckpointReader, isCheckpointError, type VerifyOptions } from "../src/index.ts";
import { all } from "./altered-stores.ts";

/** A reader that breaks one sentence of the contract. */
export interface BrokenReader {
  readonly breaks: string;
  /** The case of the suite that finds it. */
  readonly caughtBy: string;
  readonly alter: (reader: CheckpointReader) => Partial<CheckpointReader>;
}

type Survey = Awaited<ReturnType<CheckpointReader["survey"]>>;

const surveyed = (reader: CheckpointReader, change: (survey: Survey) => Survey | Promise<Survey>): Partial<CheckpointReader> => ({ survey: async () => change(await reader.survey()) });

/** A failure of one code told with another. */
const recoded = async <T>(call: Promise<T>, from: "CHECKPOINT_CORRUPT" | "CHECKPOINT_NOT_FOUND", to: typeof from): Promise<T> =>
  call.catch((error: unknown) => {
    throw isCheckpointError(error, from) ? new CheckpointError(to, error.message, { id: error.id }) : error;
  });

/** Everything a part has, whether it is right or not. */
async function unchecked(reader: CheckpointReader, part: Parameters<CheckpointReader["readPart"]>[0]): Promise<Uint8Array[]> {
  const right = (await reader.survey()).checkpoints.find(({ id }) => id === part.id)?.metadata?.chain.at(-1);
  return right ? all(reader.readPart(right)) : [];
}

const names = {
  absent: "says of a place that isn't there that it doesn't exist, and makes none",
  same: "says the same at every survey, also after reads that were broken off, and to several at once",
  unverified: "surveys a checkpoint whose metadata don't verify with the reason, and the others as ever",
  gone: "leaves out what is gone, and doesn't take it out of an earlier survey",
  chain: "verifies a whole chain, and each checkpoint of it, also several at once",
  everyPart: "holds every part of a chain against size and checksum in the metadata, and names the one that differs",
  progress: "tells after each chunk how many bytes of how many are right, the last time all",
  abortedBefore: "rejects with the signal's reason, before anything is read, when it was aborted before",
  abortedAfter: "rejects with the signal's reason after the chunk in which it was aborted, and reads on as ever later",
  own: "reads each checkpoint's own part, none at all too, from its start at every call",
  differs: "throws before the last chunk of a part whose size or checksum differ",
} as const;

const surveying: readonly BrokenReader[] = [
  { breaks: "says that every place exists", caughtBy: names.absent, alter: (reader) => surveyed(reader, (survey) => ({ ...survey, exists: true })) },
  { breaks: "finds something in an empty place", caughtBy: "surveys a place without checkpoints", alter: (reader) => surveyed(reader, (survey) => ({ ...survey, ignored: ["x"] })) },
  {
    breaks: "gives the oldest first",
    caughtBy: "surveys all checkpoints, newest first, with their metadata as they were published",
    alter: (reader) => surveyed(reader, (survey) => ({ ...survey, checkpoints: [...survey.checkpoints].reverse() })),
  },
  {
    breaks: "loses the high bits of an offset",
    caughtBy: "surveys all checkpoints, newest first, with their metadata as they were published",
    alter: (reader) =>
      surveyed(reader, ({ checkpoints, ...rest }) => ({
        ...rest,
        checkpoints: checkpoints.map((found) =>
          found.metadata ? { ...found, metadata: { ...found.metadata, sourceOffsets: new Map([...found.metadata.sourceOffsets].map(([source, offset]) => [source, BigInt.asIntN(53, offset)])) } } : found,
        ),
      })),
  },
  {
    breaks: "finds nothing the second time",
    caughtBy: names.same,
    alter: (reader) => {
      let looks = 0;
      return surveyed(reader, (survey) => ({ ...survey, checkpoints: looks++ === 0 ? survey.checkpoints : [] }));
    },
  },
  { breaks: "leaves out what doesn't verify", caughtBy: names.unverified, alter: (reader) => surveyed(reader, (survey) => ({ ...survey, checkpoints: survey.checkpoints.filter(({ metadata }) => metadata) })) },
  {
    breaks: "gives up at what doesn't verify",
    caughtBy: names.unverified,
    alter: (reader) =>
      surveyed(reader, (survey) => {
        const problem = survey.checkpoints.find((found) => found.problem)?.problem;
        if (problem) throw problem;
        return survey;
      }),
  },
  {
    breaks: "takes a damaged state for damaged metadata",
    caughtBy: "surveys a checkpoint whose state is damaged with its metadata",
    alter: (reader) =>
      surveyed(reader, async ({ checkpoints, ...rest }) => ({
        ...rest,
        checkpoints: await Promise.all(
          checkpoints.map(async (found) => {
            const problem = found.metadata && (await reader.verify(found.metadata).then(() => undefined, (error: Error) => error));
            return problem ? { id: found.id, problem } : found;
          }),
        ),
      })),
  },
  {
    breaks: "remembers its first look",
    caughtBy: names.gone,
    alter: (reader) => {
      let first: Promise<Survey> | undefined;
      return { survey: () => (first ??= reader.survey()) };
    },
  },
];

const verify = (alter: (reader: CheckpointReader, metadata: Parameters<CheckpointReader["verify"]>[0], options: VerifyOptions) => Promise<void>): BrokenReader["alter"] => (reader) => ({
  verify: (metadata, options = {}) => alter(reader, metadata, options),
});

const verifying: readonly BrokenReader[] = [
  { breaks: "verifies nothing twice at once", caughtBy: names.chain, alter: oneAtATime },
  { breaks: "looks at the checkpoint's own part alone", caughtBy: names.everyPart, alter: verify((reader, metadata, options) => reader.verify({ ...metadata, chain: metadata.chain.slice(-1) }, options)) },
  {
    breaks: "trusts the first part of a chain",
    caughtBy: names.everyPart,
    alter: verify((reader, metadata, options) => reader.verify({ ...metadata, chain: metadata.chain.slice(metadata.chain.length > 1 ? 1 : 0) }, options)),
  },
  {
    breaks: "takes for damage what was never there",
    caughtBy: "answers for a part that was never there with CHECKPOINT_NOT_FOUND",
    alter: verify((reader, metadata) => recoded(reader.verify(metadata), "CHECKPOINT_NOT_FOUND", "CHECKPOINT_CORRUPT")),
  },
  ...["changed", "cut short", "replaced", "emptied"].map((what) => ({
    breaks: `trusts the first part of a chain when it was ${what}`,
    caughtBy: `finds a part that was ${what}, the first one of a chain too`,
    alter: verify((reader, { chain }) => reader.verify({ chain: chain.slice(1) } as unknown as Parameters<CheckpointReader["verify"]>[0])),
  })),
  {
    breaks: "takes for damage what has gone",
    caughtBy: "answers for a part that has gone with CHECKPOINT_NOT_FOUND, and for the other parts as before",
    alter: verify((reader, metadata) => recoded(reader.verify(metadata), "CHECKPOINT_NOT_FOUND", "CHECKPOINT_CORRUPT")),
  },
  { breaks: "tells nothing", caughtBy: names.progress, alter: verify((reader, metadata, { signal }) => reader.verify(metadata, { signal })) },
  {
    breaks: "doesn't tell of the last chunk",
    caughtBy: names.progress,
    alter: verify((reader, metadata, options) => reader.verify(metadata, { ...options, onProgress: (told) => void (told.bytes < told.ofBytes && options.onProgress?.(told)) })),
  },
  {
    breaks: "goes on when the one that it tells throws",
    caughtBy: "ends with what onProgress throws",
    alter: verify((reader, metadata, { onProgress }) =>
      reader.verify(metadata, {
        onProgress(told) {
          try {
            onProgress?.(told);
          } catch {
            return;
          }
        },
      }),
    ),
  },
  {
    breaks: "looks at the signal after a chunk only",
    caughtBy: names.abortedBefore,
    alter: verify((reader, metadata, { signal, onProgress }) => {
      let chunks = 0;
      return reader.verify(metadata, { onProgress, signal: signal && { get aborted() { return chunks++ > 0 && signal.aborted; }, get reason() { return signal.reason; } } });
    }),
  },
  { breaks: "looks at the signal at its start only", caughtBy: names.abortedAfter, alter: verify((reader, metadata, { signal, onProgress }) => reader.verify(metadata, { onProgress, signal: signal && { ...signal } })) },
];

function oneAtATime(reader: CheckpointReader): Partial<CheckpointReader> {
  let isBusy = false;
  return {
    async verify(metadata, options) {
      if (isBusy) throw new Error("busy");
      isBusy = true;
      await reader.verify(metadata, options).finally(() => (isBusy = false));
    },
  };
}

const readPart = (alter: (reader: CheckpointReader, part: Parameters<CheckpointReader["readPart"]>[0]) => AsyncIterable<Uint8Array>): BrokenReader["alter"] => (reader) => ({
  readPart: (part) => alter(reader, part),
});

/** One iteration for all who ask for a part. */
function sharing(reader: CheckpointReader): Partial<CheckpointReader> {
  const open = new Map<number, AsyncIterable<Uint8Array>>();
  return {
    readPart(part) {
      const chunks = open.get(part.id) ?? reader.readPart(part);
      open.set(part.id, chunks);
      return chunks;
    },
  };
}

const reading: readonly BrokenReader[] = [
  { breaks: "reads a part once", caughtBy: names.own, alter: sharing },
  {
    breaks: "leaves out the last bytes",
    caughtBy: names.own,
    alter: readPart(async function* (reader, part) {
      for (const chunk of await all(reader.readPart(part))) yield chunk.subarray(0, -1);
    }),
  },
  { breaks: "shares a place in the part among its readers", caughtBy: "reads a part for several at once", alter: sharing },
  {
    breaks: "gives everything out before it throws",
    caughtBy: names.differs,
    alter: readPart(async function* (reader, part) {
      yield* await unchecked(reader, part);
      await all(reader.readPart(part));
    }),
  },
  { breaks: "doesn't check what it reads", caughtBy: names.differs, alter: readPart(async function* (reader, part) { yield* await unchecked(reader, part); }) },
  { breaks: "goes on where a caller broke off", caughtBy: "reads again what a caller broke off", alter: sharing },
  {
    breaks: "takes a missing part for an empty one",
    caughtBy: "answers for a part that isn't there with CHECKPOINT_NOT_FOUND",
    alter: readPart(async function* (reader, part) { yield* await all(reader.readPart(part)).catch(() => []); }),
  },
  {
    breaks: "notices damage once everything was given out",
    caughtBy: "throws before the last chunk of a part that was damaged",
    alter: readPart(async function* (reader, part) {
      yield new Uint8Array(part.size);
      yield* reader.readPart(part);
    }),
  },
  {
    breaks: "takes for damage what has gone",
    caughtBy: "answers for a part that has gone with CHECKPOINT_NOT_FOUND",
    alter: readPart(async function* (reader, part) { yield* await recoded(all(reader.readPart(part)), "CHECKPOINT_NOT_FOUND", "CHECKPOINT_CORRUPT"); }),
  },
];

export const BROKEN_READERS: readonly BrokenReader[] = [...surveying, ...verifying, ...reading];

import type { HotPath } from "./hot-path.ts";
import { append, appendCodec, commit, read, visit } from "./log-paths.ts";
import { checkpointDelta, openState, recoverStreaming } from "./recovery-paths.ts";
import { encode, get, putNew, putOver, remove, restoreFrom } from "./state-paths.ts";

/** Everything that has a budget. */
export const hotPaths: readonly HotPath[] = [append, appendCodec, commit, visit, read, putNew, putOver, get, remove, encode, restoreFrom, recoverStreaming, openState, checkpointDelta];

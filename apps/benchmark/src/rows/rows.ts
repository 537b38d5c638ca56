import type { Row } from "../row.ts";
import { anchor } from "./anchor.ts";
import { append } from "./append.ts";
import { checkpoint, delta } from "./checkpoint.ts";
import { commitFree, commitMany, commitOne } from "./commit.ts";
import { install } from "./install.ts";
import { load } from "./load.ts";
import { recover } from "./recover.ts";
import { referenceWorkload } from "./reference-workload.ts";

/** In the order of the table. */
export const rows: readonly Row[] = [append, commitMany, commitOne, ...commitFree, recover, referenceWorkload, checkpoint, load, delta, install, anchor];

/** The rules of checkpoints that can be taken out one at a time, to show that each is needed and that its loss is found. */
export interface Rules {
  /** Recovery passes over a checkpoint whose position a fence took out of use. */
  readonly abandonedSkipped: boolean;
  /** With a point in time, recovery takes only checkpoints at or below it. */
  readonly untilBoundsTheChoice: boolean;
  /** Every checkpoint whose metadata verify says how far the log once reached. */
  readonly witnessesHeard: boolean;
  /** A commit covers the records of its own session only. */
  readonly commitsOfOwnSession: boolean;
  /** A part of a chain is the one with the right checksum, not only with the right id. */
  readonly chainByChecksum: boolean;
  /** Retention counts only checkpoints that the log still counts. */
  readonly retentionCountsUsable: boolean;
  /** Retention counts chains, not checkpoints. */
  readonly retentionByChains: boolean;
  /** The log is kept above the newest position of the oldest kept chain, not of the newest one. */
  readonly floorForEveryChain: boolean;
  /** Of several, the newest is withdrawn first. */
  readonly newestWithdrawnFirst: boolean;
  /** Files of a withdrawn checkpoint go only once its withdrawal is durable. */
  readonly withdrawalDurableFirst: boolean;
  /** One damaged directory doesn't stop the clean-up of the others. */
  readonly damageStopsNothing: boolean;
  /** What can't be read at the moment postpones the clean-up: it isn't damaged. */
  readonly readErrorsPostpone: boolean;
  /** Nothing is removed unless the checkpoint just published is among the kept ones. */
  readonly publishedKeptFirst: boolean;
  /** Nothing goes, of checkpoints or log, unless a kept checkpoint is this manager's own: a found one may not be durable, whatever a sync says. */
  readonly ownKeptFirst: boolean;
  /** A delta only on the checkpoint that this manager published last. */
  readonly deltaOnOwn: boolean;
  /** A delta only on the checkpoint that its changes are counted from. */
  readonly deltaOnCounted: boolean;
  /** A delta only on a chain that still verifies. */
  readonly deltaOnVerified: boolean;
  /** Chains have a greatest length. */
  readonly chainLengthBound: boolean;
  /** The deltas of a chain may weigh only so much of its base. */
  readonly deltasWeighed: boolean;
  /** A publish that fails after its rename is withdrawn before it is reported. */
  readonly failedPublishWithdrawn: boolean;
  /** What an opening finds is made durable before it counts. */
  readonly openSyncs: boolean;
  /** The leftover with the highest number stays until there is a higher one. */
  readonly highestIdStays: boolean;
  /** Files are durable before they get their final name. */
  readonly contentSynced: boolean;
  /** The names of a checkpoint's files are durable before it gets its final name. */
  readonly directorySynced: boolean;
  /** A checkpoint's name is durable before the publish is acknowledged. */
  readonly publishSynced: boolean;
}

export const RULES: Rules = {
  abandonedSkipped: true,
  untilBoundsTheChoice: true,
  witnessesHeard: true,
  commitsOfOwnSession: true,
  chainByChecksum: true,
  retentionCountsUsable: true,
  retentionByChains: true,
  floorForEveryChain: true,
  newestWithdrawnFirst: true,
  withdrawalDurableFirst: true,
  damageStopsNothing: true,
  readErrorsPostpone: true,
  publishedKeptFirst: true,
  ownKeptFirst: true,
  deltaOnOwn: true,
  deltaOnCounted: true,
  deltaOnVerified: true,
  chainLengthBound: true,
  deltasWeighed: true,
  failedPublishWithdrawn: true,
  openSyncs: true,
  highestIdStays: true,
  contentSynced: true,
  directorySynced: true,
  publishSynced: true,
};

import type { CheckpointMetadata } from "./checkpoint-metadata.ts";

/** One checkpoint as a survey found it: its metadata when they verify, otherwise why they don't. */
export type SurveyedCheckpoint =
  | { readonly id: number; readonly metadata: CheckpointMetadata; readonly problem?: undefined }
  | { readonly id: number; readonly metadata?: undefined; readonly problem: Error };

/** What one look at all checkpoints found. */
export interface CheckpointSurvey {
  /** False when the place itself isn't there. */
  readonly exists: boolean;
  /** Newest first. */
  readonly checkpoints: readonly SurveyedCheckpoint[];
  /** Names that look like checkpoints and are none, for the report. */
  readonly ignored: readonly string[];
}

/** What a restore runs while it works: fields that an `AbortSignal` has. */
export interface AbortSignalLike {
  /** As `AbortSignal` has it. */
  readonly aborted: boolean;
  /** What the call rejects with; an error of its own where there is none. */
  readonly reason?: unknown;
}

/** How far a verification has come. */
export interface VerifyProgress {
  /** Bytes of states that were read and are right as far as one can tell before the end. */
  readonly bytes: number;
  /** Bytes in all. */
  readonly ofBytes: number;
}

/** How to follow a verification, and how to end it early. */
export interface VerifyOptions {
  /** Looked at at the start and after each chunk; once it is aborted, the call rejects with its reason. */
  readonly signal?: AbortSignalLike | undefined;
  /** Called after each chunk, the last time with all bytes. What it throws ends the call. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Reads checkpoints without a lock and without changing a byte. This is all that recovery needs: implement it for
 * checkpoints that live elsewhere. Beside a live manager a checkpoint may vanish between two calls
 * (`CHECKPOINT_NOT_FOUND`); then survey again. What vanishes during a survey isn't in it, and what took its place is. Prove an
 * implementation with `checkpointReaderConformance` of `@laminar/checkpoint/testing`.
 */
export interface CheckpointReader {
  /** Everything that stands there, in one look. Reads metadata and no state. */
  survey(): Promise<CheckpointSurvey>;
  /**
   * Reads every part of the checkpoint's chain and compares size and checksum with the metadata, a few chunks of memory at a
   * time. Rejects with a `CheckpointError` that names the part; damage is told apart from a failed read by `isCorruption`.
   */
  verify(metadata: CheckpointMetadata, options?: VerifyOptions): Promise<void>;
  /** The bytes of one checkpoint's own part, checked against `part`'s size and checksum: throws before its last chunk if they differ. */
  readPart(part: { readonly id: number; readonly size: number; readonly checksum: number }): AsyncIterable<Uint8Array>;
}

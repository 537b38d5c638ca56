import type { DiskImage, Operation, SimulatedDisk } from "./simulated-disk.ts";

/**
 * A program whose crashes are explored, by {@link exploreCrashes}, and what it promises. `Step` is what it does, one after the
 * other, as plain data; `Event` is what it tells about itself, such as "submitted 7" or "7 is durable".
 */
export interface CrashTest<Step, Event> {
  /** The steps of one life. They depend on `random` (numbers in [0, 1) by a seed) and `depth` alone: 0 for a life that starts on an empty disk, else the crashes before it. */
  steps(random: () => number, depth: number): readonly Step[];
  /**
   * One life: starts on `disk`, as after any crash, takes the steps and ends in order, with no handle open. It does the same
   * each time, and fails only if the disk does.
   */
  run(life: Life<Step, Event>): Promise<void>;
  /**
   * Starts again on what a crash left, and says what it found: equal text for what is equal. Called once for each content, so it
   * depends on what the disk holds alone. A rejection is a refusal, and counts as a broken promise.
   */
  recover(disk: SimulatedDisk): Promise<string>;
  /** What is wrong with finding `found` after what was told until the crash, first event first; `undefined` when nothing is. */
  judge(found: string, events: readonly Event[]): string | undefined;
}

/** One run of the program, from a mounted disk to its end or its crash. */
export interface Life<Step, Event> {
  readonly disk: SimulatedDisk;
  /** How many crashes came before. */
  readonly depth: number;
  /** To be gone through once: the step that was taken last is the one that is under way. */
  readonly steps: Iterable<Step>;
  /** What the lives before this one told until they crashed, then what this one told. */
  readonly events: readonly Event[];
  /** Says that something was promised; the judge gets all that was told before the crash. */
  tell(event: Event): void;
}

/** A state of the disk that a crash may leave, when its content is met for the first time. */
export interface CrashState<Step> {
  readonly image: DiskImage;
  /** What it counts as: the text of `contentOf`, or the image's hash. */
  readonly content: string;
  /** The crash comes before this operation takes effect. */
  readonly operation: Operation;
  /** The step that is under way: "start" before the first was taken, "end" after the last. */
  readonly step: Step | "start" | "end";
  readonly depth: number;
}

/** How far an exploration goes, and what it begins with. */
export interface ExploreOptions<Step> {
  /** Ends after so many distinct states, or when a hundred lives in a row brought no new one. */
  readonly states: number;
  /** Ends after so many lives that start on an empty disk (no limit if not given). */
  readonly lives?: number | undefined;
  /** The seed of the first life, 1 if not given; each next one has the next seed. */
  readonly seed?: number | undefined;
  /** Images of power cuts per operation that changes the disk: 16 if not given, besides the one of a kill. */
  readonly imagesPerOperation?: number | undefined;
  /** The share of the distinct states of that depth from which another life starts (a hundredth of those of depth 0 if not given). */
  readonly nested?: ((depth: number) => number) | undefined;
  /** Hexadecimal text, 16 digits or more, equal for images that hold the same for `recover`: what counts as one state. The image's hash if not given. */
  readonly contentOf?: ((image: DiskImage) => string) | undefined;
  /** Whether the steps to a failure are made as few as possible, which takes a while; true if not given. */
  readonly shrink?: boolean | undefined;
  /** Called for each state that was not seen before. */
  readonly onState?: ((state: CrashState<Step>) => void) | undefined;
  /** Stops it: what was found so far is returned. */
  readonly signal?: { readonly aborted: boolean } | undefined;
}

/** What an exploration looked at, and the first failure that it found. */
export interface CrashFindings<Step> {
  /** Contents that were recovered from and judged, each counted once. */
  readonly states: number;
  /** Images that were looked at: equal ones are judged each time, since more may have been promised meanwhile. */
  readonly looked: number;
  readonly lives: number;
  /** Distinct states by the number of crashes before the one that left them. */
  readonly byDepth: readonly number[];
  /** Where another exploration goes on. */
  readonly nextSeed: number;
  /** The first promise that was broken; it ends the exploration. */
  readonly failure: CrashFailure<Step> | undefined;
}

/** A crash after which a promise is broken, with the fewest steps that lead to it. */
export interface CrashFailure<Step> {
  /** `refused`: recovery rejected. `broken`: the judge objects. `failed`: a life rejected, hung or left a handle, with no fault of the disk. */
  readonly kind: "refused" | "broken" | "failed";
  readonly what: string;
  /** The same exploration with this seed and one life finds it again. */
  readonly seed: number;
  readonly depth: number;
  /** The steps of the life that crashed, as few as still lead to a failure of this kind. */
  readonly steps: readonly Step[];
  /** The operation before which it crashed; `undefined` where the life failed by itself. */
  readonly operation: Operation | undefined;
  /** What that life had done to the disk by then. */
  readonly operationsBefore: readonly Operation[];
  /** Where the crash's image differs from what programs saw, a line for each file. */
  readonly leftBehind: string;
  readonly cause: unknown;
  /** All of it, to be read. */
  toString(): string;
}

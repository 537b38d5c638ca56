import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import type { CheckpointStore, StoreListing } from "../src/index.ts";
import type { FileStoreSteps } from "../src/file-store-steps.ts";
import { bytesOf, openStore, PLACE, put, reading, wrongWith } from "./stores.ts";

/** One call of a program, and the one thing that fails in it. */
export type Call =
  | { readonly publish: number; readonly fails?: "the source" | "the sync" }
  | { readonly withdraw: readonly number[]; readonly fails?: "the sync" }
  | "sweep";

export const PROGRAMS: readonly (readonly Call[])[] = [
  [{ publish: 1 }, { publish: 2 }, { withdraw: [1] }, "sweep", { publish: 3 }],
  [{ publish: 1 }, { publish: 2, fails: "the sync" }, "sweep", { publish: 3 }, "sweep"],
  [{ publish: 1 }, { publish: 7 }, { withdraw: [7] }, "sweep", { publish: 8, fails: "the source" }, "sweep", { publish: 9 }, "sweep"],
  [{ publish: 1 }, { publish: 2 }, { withdraw: [1], fails: "the sync" }, "sweep", { withdraw: [1] }, "sweep", { publish: 3 }],
  [{ publish: 5 }, { publish: 2 }, { publish: 9 }, { withdraw: [9, 2] }, "sweep", { withdraw: [5] }, "sweep"],
];

/** Which step is left out, as a disk has it. */
export type Alter = (disk: SimulatedDisk) => Partial<FileStoreSteps>;

/** What an owner was told. */
interface Told {
  readonly published: Set<number>;
  /** Being published or withdrawn, or a withdrawal failed: there or not. */
  readonly either: Set<number>;
  highest: number;
  /** A sync of the running call failed: what it covered may never become durable, whatever the syncs of a next process say. */
  syncFailed: boolean;
}

/** A world of crashes: every state that a kill or a power cut may leave of the programs, looked at by the next owner. */
export class StoreCrashes {
  readonly states = new Set<string>();
  /**
   * States after a failed sync, a kill before its call could undo what it had done, and a loss of power, in which the one that
   * was being published or withdrawn is lost or damaged: nobody was told of it.
   */
  residue = 0;
  readonly #alter: Alter;

  constructor(alter: Alter = () => ({})) {
    this.#alter = alter;
  }

  /** The first loss; `undefined` when there is none. */
  async firstLoss(): Promise<string | undefined> {
    for (const [number, program] of PROGRAMS.entries()) {
      const loss = await this.#run(program, `program ${number}`);
      if (loss !== undefined) return loss;
    }
    return undefined;
  }

  async #run(program: readonly Call[], place: string): Promise<string | undefined> {
    const disk = createSimulatedDisk();
    const told: Told = { published: new Set(), either: new Set(), highest: 0, syncFailed: false };
    const taken: { readonly image: DiskImage; readonly told: Told; readonly at: string }[] = [];
    let call = "opening";
    const take = (): void => {
      const copy = { ...told, published: new Set(told.published), either: new Set(told.either) };
      const expected = JSON.stringify([...copy.published, "or", ...copy.either, copy.highest, copy.syncFailed]);
      const at = `${place}, ${call}, before operation ${disk.operations.length}`;
      const add = (key: string, image: DiskImage): void => {
        if (!this.states.has(key)) taken.push({ image, told: copy, at });
        this.states.add(key);
      };
      // What a kill leaves differs in what is still unsynced, which no hash shows.
      add(at, disk.killed());
      for (const image of disk.powerCuts({ limit: 300 })) add(`${expected} ${image.hash}`, image);
    };
    disk.beforeEach(take);
    const store = await openStore(disk, this.#alter(disk));
    for (const next of program) {
      call = JSON.stringify(next);
      await this.#call(store, disk, next, told);
    }
    take();
    for (const { image, told: known, at } of taken) {
      const loss = await this.#lossIn(image, known);
      if (loss !== undefined) return `${at}: ${loss}`;
    }
    return undefined;
  }

  async #call(store: CheckpointStore, disk: SimulatedDisk, call: Call, told: Told): Promise<void> {
    if (call === "sweep") return store.sweep();
    if (call.fails === "the sync") failNextSync(disk, () => (told.syncFailed = true));
    if ("publish" in call) {
      told.either.add(call.publish);
      const published = call.fails === "the source" ? store.publish(call.publish, brokenSource(), () => bytesOf("never")) : put(store, call.publish);
      const failed = await failureOf(published);
      if ((failed === undefined) !== (call.fails === undefined)) throw failed ?? new Error(`${JSON.stringify(call)} did not fail`);
      told.either.delete(call.publish);
      if (failed === undefined) told.published.add(call.publish);
      if (failed === undefined) told.highest = Math.max(told.highest, call.publish);
    } else {
      for (const id of call.withdraw) {
        told.published.delete(id);
        told.either.add(id);
      }
      const failed = await failureOf(store.withdraw(call.withdraw));
      if ((failed === undefined) !== (call.fails === undefined)) throw failed ?? new Error(`${JSON.stringify(call)} did not fail`);
      if (failed === undefined) for (const id of call.withdraw) told.either.delete(id);
    }
    disk.plan(undefined);
    told.syncFailed = false;
  }

  async #lossIn(image: DiskImage, told: Told): Promise<string | undefined> {
    const { ids, highestId } = await reading(image).list();
    for (const id of told.published) if (!ids.includes(id)) return `checkpoint ${id} was published and is missing`;
    for (const id of ids) if (!told.published.has(id) && !told.either.has(id)) return `checkpoint ${id} is there and should not be`;
    for (const id of ids) {
      const wrong = await wrongWith(reading(image), id);
      if (wrong !== undefined) return wrong;
    }
    if (highestId < told.highest) return `${told.highest} could be given again`;
    return this.#lossAfterOpening(image.mount(), told);
  }

  /** The next owner sweeps, and loses power. */
  async #lossAfterOpening(disk: SimulatedDisk, told: Told): Promise<string | undefined> {
    const store = await openStore(disk, this.#alter(disk));
    const { ids, highestId } = await store.list();
    const images = [...disk.powerCuts({ limit: 20 })];
    await store.sweep();
    images.push(disk.killed(), ...disk.powerCuts({ limit: 20 }));
    for (const image of images) {
      const key = `${JSON.stringify([ids, highestId, ...told.either])} ${image.hash}`;
      if (this.states.has(key)) continue;
      this.states.add(key);
      const next = reading(image);
      const found = await next.list();
      const loss = await lossOf({ ids, highestId }, next, found);
      if (loss === undefined) continue;
      if (!told.syncFailed || !told.either.has(loss.id)) return loss.what;
      this.residue++;
    }
    return undefined;
  }
}

/** What the next owner's loss of power took of what it had found. */
async function lossOf(
  before: { readonly ids: readonly number[]; readonly highestId: number },
  store: CheckpointStore,
  { ids, highestId }: StoreListing,
): Promise<{ readonly id: number; readonly what: string } | undefined> {
  for (const id of before.ids) if (!ids.includes(id)) return { id, what: `checkpoint ${id} was found at opening and is lost after it` };
  for (const id of ids) {
    const wrong = await wrongWith(store, id);
    if (wrong !== undefined) return { id, what: `after opening, ${wrong}` };
  }
  return highestId < before.highestId ? { id: before.highestId, what: `after opening, ${before.highestId} could be given again` } : undefined;
}

function* brokenSource(): Generator<Uint8Array> {
  yield bytesOf("half");
  throw new Error("the source failed");
}

async function failureOf(call: Promise<void>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Once: the sync of the place itself. */
function failNextSync(disk: SimulatedDisk, failed: () => void): void {
  disk.plan(({ kind, path }) => {
    if (kind !== "syncDirectory" || path !== PLACE) return undefined;
    disk.plan(undefined);
    failed();
    return { kind: "error", errno: "EIO" };
  });
}

import type { DiskImage, SimulatedDisk } from "@laminar/disk/testing";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import { recoveredText } from "../whole-stack/stack.ts";

/** What a recovery of an image came to. */
export type Found = { readonly text: string } | { readonly refusal: unknown };

/** An image of a moment, and how much had been told until then. */
export interface Moment {
  readonly image: DiskImage;
  readonly told: number;
  readonly when: string;
  readonly isPowerCut: boolean;
}

/** Recovers from images. A recovery sees what the image shows and nothing else, so equal ones are recovered from once. */
export class Recoveries {
  readonly #found: Map<string, Found> = new Map();
  readonly #recover: (disk: SimulatedDisk) => Promise<string>;
  looked = 0;

  constructor(recover: (disk: SimulatedDisk) => Promise<string> = recoveredText) {
    this.#recover = recover;
  }

  get distinct(): number {
    return this.#found.size;
  }

  async of(image: DiskImage): Promise<Found> {
    this.looked++;
    let found = this.#found.get(image.hash);
    if (found === undefined) {
      found = await this.#recover(image.mount()).then((text) => ({ text }), (refusal: unknown) => ({ refusal }));
      this.#found.set(image.hash, found);
    }
    return found;
  }

  /** What is wrong with what comes back after a moment; `undefined` when nothing is. */
  async judge({ image, told, when }: Moment, events: readonly Told[]): Promise<string | undefined> {
    const found = await this.of(image);
    if ("refusal" in found) return `${when}: recovery refuses: ${String(found.refusal)}`;
    const wrong = judgeCut(found.text, events.slice(0, told));
    return wrong === undefined ? undefined : `${when}: ${wrong}`;
  }
}

/** A kill and some power cuts of this moment; which power cuts these are is found out when they are gone through. */
export function momentsOf(disk: SimulatedDisk, told: number, when: string, cuts: number): Iterable<Moment> {
  const killed = disk.killed();
  const powerCuts = disk.powerCuts({ limit: cuts });
  return {
    *[Symbol.iterator]() {
      yield { image: killed, told, when: `${when}, killed`, isPowerCut: false };
      for (const image of powerCuts) yield { image, told, when: `${when}, power cut`, isPowerCut: true };
    },
  };
}

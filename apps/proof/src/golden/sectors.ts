import { batchesOf, SEGMENT_HEADER } from "./batches.ts";
import { type Damage, nameOf } from "./damage.ts";
import type { Golden } from "./load-golden.ts";
import { type Files, segmentsIn } from "./places.ts";

const SECTOR = 512;

export type SectorMode = "zeroed" | "stale" | "swapped" | "duplicated" | "misdirected" | "from a sibling";

/** A sector of a file of a golden directory. */
interface Place {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly number: number;
}

/** A sector gets this content, or as much of it as its file has room for; what is missing is zeros. */
interface Overwrite {
  readonly to: Place;
  readonly with: Uint8Array;
}

const NOTHING = new Uint8Array(0);

const contentOf = ({ bytes, number }: Place): Uint8Array => bytes.subarray(number * SECTOR, (number + 1) * SECTOR);
const nameOfPlace = ({ path, number }: Place): string => `sector ${number} of ${nameOf(path)}`;

function placesIn(files: Files): readonly Place[] {
  const places: Place[] = [];
  for (const [path, bytes] of files) for (let number = 0; number * SECTOR < bytes.length; number++) places.push({ path, bytes, number });
  return places;
}

function damaged(golden: Golden, what: () => string, overwrites: readonly Overwrite[]): Damage {
  const files = (): Files => {
    const after = new Map(golden.files);
    for (const { to, with: content } of overwrites) {
      const bytes = (after.get(to.path) ?? NOTHING).slice();
      const [from, end] = [to.number * SECTOR, Math.min(bytes.length, (to.number + 1) * SECTOR)];
      bytes.fill(0, from, end).set(content.subarray(0, end - from), from);
      after.set(to.path, bytes);
    }
    return after;
  };
  return { golden, what, paths: [...new Set(overwrites.map(({ to }) => to.path))], files };
}

/**
 * What a sector held before: of a segment, at the end of each earlier batch, and before the header came; of a file that is
 * written once, nothing. The last one is as before the last write.
 */
function earlierContents(golden: Golden, place: Place): readonly Uint8Array[] {
  const [from, end] = [place.number * SECTOR, (place.number + 1) * SECTOR];
  const ends = segmentsIn(golden.files).includes(place.path) ? [SEGMENT_HEADER, ...batchesOf(place.bytes).map((batch) => batch.end)] : [];
  const inside = ends.filter((at) => at > from && at < Math.min(end, place.bytes.length));
  return [NOTHING, ...inside.map((at) => place.bytes.subarray(from, at))];
}

const lastWriteLost = (golden: Golden, place: Place): Overwrite => ({ to: place, with: earlierContents(golden, place).at(-1) ?? NOTHING });

/** Every sector of every file, in one way. */
const WAYS: Readonly<Record<SectorMode, (golden: Golden, place: Place, places: readonly Place[]) => Iterable<Damage>>> = {
  *zeroed(golden, place) {
    yield damaged(golden, () => `${nameOfPlace(place)} zeroed`, [{ to: place, with: NOTHING }]);
  },
  *stale(golden, place) {
    for (const earlier of earlierContents(golden, place)) yield damaged(golden, () => `${nameOfPlace(place)} as when it held ${earlier.length} bytes`, [{ to: place, with: earlier }]);
  },
  *swapped(golden, place, places) {
    for (const other of places) {
      if (other.path !== place.path || other.number <= place.number) continue;
      const both = [{ to: place, with: contentOf(other) }, { to: other, with: contentOf(place) }];
      yield damaged(golden, () => `${nameOfPlace(place)} swapped with sector ${other.number}`, both);
    }
  },
  *duplicated(golden, place, places) {
    for (const other of places) {
      if (other.path !== place.path || other.number === place.number) continue;
      yield damaged(golden, () => `${nameOfPlace(place)} over sector ${other.number}, too`, [{ to: other, with: contentOf(place) }]);
    }
  },
  *misdirected(golden, place, places) {
    for (const other of places) {
      if (other.path === place.path) continue;
      yield damaged(golden, () => `${nameOfPlace(place)} written over ${nameOfPlace(other)}`, [lastWriteLost(golden, place), { to: other, with: contentOf(place) }]);
    }
  },
  *"from a sibling"(golden, place, places) {
    for (const other of places) {
      if (other.path === place.path || other.number !== place.number) continue;
      yield damaged(golden, () => `${nameOfPlace(place)} as ${nameOf(other.path)} has it`, [{ to: place, with: contentOf(other) }]);
    }
  },
};

export const SECTOR_MODES = Object.keys(WAYS) as readonly SectorMode[];

export function* sectorDamages(golden: readonly Golden[], mode: SectorMode): Generator<Damage> {
  for (const one of golden) {
    const places = placesIn(one.files);
    for (const place of places) yield* WAYS[mode](one, place, places);
  }
}

/** Without those that leave the files of a directory as they were, or as another one did. */
export function* distinct(damages: Iterable<Damage>): Generator<Damage> {
  const seen = new Set<string>();
  for (const damage of damages) {
    const { golden, paths } = damage;
    const files = damage.files();
    const changes = paths.filter((path) => keyOf(files.get(path)) !== keyOf(golden.files.get(path)));
    const key = `${golden.name} ${changes.map((path) => `${path} ${keyOf(files.get(path))}`).join()}`;
    if (changes.length === 0 || seen.has(key)) continue;
    seen.add(key);
    yield damage;
  }
}

const keyOf = (bytes: Uint8Array | undefined): string => (bytes === undefined ? "none" : Buffer.from(bytes).toString("latin1"));

import { FileChoices } from "./file-choices.ts";
import { FileState } from "./file-state.ts";
import { copySectors, type Sector, sectorCount, sectorSize, zeroSector } from "./sector.ts";

/** A state of a sector that a power cut may leave. */
export interface SectorVersion {
  readonly sector: Sector;
  /** When it was written, in the count of the volume's changes. */
  readonly change: number;
}

export interface UnsyncedSector {
  readonly versions: readonly SectorVersion[];
  /** A sync of it failed: the page counts as clean now, and no later sync writes it. */
  readonly lost: boolean;
}

/** A length that a power cut may leave. */
export interface FileLength {
  readonly size: number;
  readonly change: number;
}

/** How far a sync reaches: the file's last change and the length that it makes durable. */
export interface SyncPoint {
  readonly change: number;
  readonly size: number;
}

/** A file's content as programs see it, what of it is durable, and what happened in between. */
export class FileNode {
  readonly kind = "file" as const;
  /** Whether a name leads to it now. Without one and without a handle its space is free. */
  isNamed = true;
  handles = 0;
  readonly #created: number;
  #changed: number;
  #size = 0;
  #sectors: Sector[] = [];
  #durableSize = 0;
  #durable: Sector[] = [];
  /** Arrays that an image or a fork reads too are copied before they change. */
  #sectorsShared = false;
  #durableShared = false;
  #unsynced = new Map<number, UnsyncedSector>();
  #growth: FileLength[] = [];
  /** The length that the next sync makes durable: less than the size after a sync failed. */
  #syncableSize = 0;
  #cachedState: FileState | undefined;
  #durableState: FileState | undefined;
  #choices: FileChoices | undefined;

  /** `created` tells it apart from every other file of its volume; it counts as a change. */
  constructor(created: number) {
    this.#created = this.#changed = created;
  }

  /** A file all of which is durable. */
  static durable(state: FileState, created: number): FileNode {
    const node = new FileNode(created);
    node.#size = node.#durableSize = node.#syncableSize = state.size;
    node.#sectors = node.#durable = state.sectors();
    node.#sectorsShared = node.#durableShared = true;
    node.#cachedState = node.#durableState = state;
    return node;
  }

  /** The same file on a machine of its own. */
  fork(): FileNode {
    const node = new FileNode(this.#created);
    node.#changed = this.#changed;
    node.isNamed = this.isNamed;
    node.#size = this.#size;
    node.#durableSize = this.#durableSize;
    node.#syncableSize = this.#syncableSize;
    node.#sectors = this.#sectors;
    node.#durable = this.#durable;
    this.#sectorsShared = this.#durableShared = node.#sectorsShared = node.#durableShared = true;
    node.#unsynced = new Map(this.#unsynced);
    node.#growth = [...this.#growth];
    node.#cachedState = this.#cachedState;
    node.#durableState = this.#durableState;
    node.#choices = this.#choices;
    return node;
  }

  get size(): number {
    return this.#size;
  }

  /** What a status says of its content: which file it is, and its last write. */
  get revision(): string {
    return `${this.#created}-${this.#changed}`;
  }

  /** The content that programs see. */
  cachedState(): FileState {
    this.#sectorsShared = true;
    this.#cachedState ??= new FileState(this.#size, this.#sectors);
    return this.#cachedState;
  }

  durableState(): FileState {
    this.#durableShared = true;
    this.#durableState ??= new FileState(this.#durableSize, this.#durable);
    return this.#durableState;
  }

  /** What a power cut may leave; `undefined` when that is what is durable and nothing else. */
  choices(): FileChoices | undefined {
    if (this.#unsynced.size === 0 && this.#growth.length === 0) return undefined;
    this.#choices ??= new FileChoices(this.durableState(), this.#growth, this.#unsynced);
    return this.#choices;
  }

  /** Copies from `position` into `target`, up to the end; the bytes copied. */
  read(position: number, target: Uint8Array): number {
    const length = Math.min(target.length, Math.max(0, this.#size - position));
    copySectors(this.#sectors, position, length === target.length ? target : target.subarray(0, length));
    return length;
  }

  write(position: number, source: Uint8Array, change: number): void {
    if (this.#sectorsShared) this.#sectors = this.#sectors.slice();
    this.#sectorsShared = false;
    this.#cachedState = this.#choices = undefined;
    this.#changed = change;
    for (let taken = 0; taken < source.length; ) {
      const offset = (position + taken) % sectorSize;
      const length = Math.min(sectorSize - offset, source.length - taken);
      this.#writeSector((position + taken - offset) / sectorSize, offset, source.subarray(taken, taken + length), change);
      taken += length;
    }
    this.#grow(position + source.length, change);
  }

  #writeSector(index: number, offset: number, source: Uint8Array, change: number): void {
    while (this.#sectors.length <= index) this.#sectors.push(zeroSector);
    const sector = (this.#sectors[index] ?? zeroSector).written(offset, source);
    this.#sectors[index] = sector;
    const versions = [...(this.#unsynced.get(index)?.versions ?? []), { sector, change }];
    this.#unsynced.set(index, { versions, lost: false });
  }

  #grow(end: number, change: number): void {
    const pagesEnd = sectorCount(end) * sectorSize;
    // A write brings its whole last sector back to what a sync covers, with the length that goes with it.
    this.#syncableSize = Math.max(this.#syncableSize, Math.min(pagesEnd, Math.max(end, this.#size)));
    if (end <= this.#size) return;
    // The length that the device sees may stop at any sector of a write that goes beyond the end.
    for (let size = (Math.floor(this.#size / sectorSize) + 1) * sectorSize; size < end; size += sectorSize) {
      this.#growth.push({ size, change });
    }
    this.#growth.push({ size: end, change });
    this.#size = end;
  }

  /** What a sync covers that is called now. */
  syncPoint(): SyncPoint {
    return { change: this.#changed, size: this.#syncableSize };
  }

  /** Makes durable what was written before `point`. What came since may have been written with it or not. */
  sync(point: SyncPoint): void {
    if (this.#durableShared) this.#durable = this.#durable.slice();
    this.#durableShared = false;
    this.#durableState = this.#choices = undefined;
    for (const [index, { versions, lost }] of this.#unsynced) {
      const covered = versions.filter(({ change }) => change <= point.change);
      const newest = covered.at(-1);
      if (lost || newest === undefined) continue;
      while (this.#durable.length <= index) this.#durable.push(zeroSector);
      this.#durable[index] = newest.sector;
      this.#unsynced.delete(index);
      if (covered.length < versions.length) this.#unsynced.set(index, { versions: versions.slice(covered.length), lost });
    }
    this.#durableSize = Math.max(this.#durableSize, Math.min(point.size, this.#syncableSize));
    this.#growth = this.#growth.filter(({ size }) => size > this.#durableSize);
  }

  failSync(): void {
    for (const [index, { versions }] of this.#unsynced) this.#unsynced.set(index, { versions, lost: true });
    this.#syncableSize = this.#durableSize;
  }
}

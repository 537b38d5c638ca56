import { type Disk, type DiskFile, makeDirectories } from "@laminar/disk";
import { nameOf } from "./checkpoint-names.ts";
import type { StoreListing } from "./checkpoint-store.ts";
import { nameThatStays } from "./directory-listing.ts";

/**
 * The steps that make a checkpoint directory safe against crashes, each by its name: a test leaves out one at a time and finds
 * what is lost without it.
 */
export class FileStoreSteps {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Opening: a place whose name is lost takes all that is in it along. */
  makePlace(place: string): Promise<void> {
    return makeDirectories(this.#disk, place);
  }

  /** Opening: an earlier owner may have died between a rename and its sync; what counts from here on must stay. */
  syncFound(place: string): Promise<void> {
    return this.#disk.syncDirectory(place);
  }

  /** Publish: under another name nobody takes what is half built for a checkpoint. */
  nameWhileBuilt(id: number): string {
    return nameOf("tmp", id);
  }

  /** Publish: the state's bytes. */
  syncState(file: DiskFile): Promise<void> {
    return file.sync();
  }

  /** Publish: the metadata's bytes. */
  syncMetadata(file: DiskFile): Promise<void> {
    return file.sync();
  }

  /** Publish: the names of both files. */
  syncBuilt(directory: string): Promise<void> {
    return this.#disk.syncDirectory(directory);
  }

  /** Publish: everything at once. */
  giveName(built: string, published: string): Promise<void> {
    return this.#disk.rename(built, published);
  }

  /** Publish: the checkpoint's own name. */
  syncPublished(place: string): Promise<void> {
    return this.#disk.syncDirectory(place);
  }

  /** Publish: nobody knows whether a name whose sync failed is durable, so it must not count, now or after the next start. */
  takeBack(published: string, trash: string): Promise<void> {
    return this.#disk.rename(published, trash);
  }

  /** Publish: the failed sync may have let the name through all the same. */
  syncTakenBack(place: string): Promise<void> {
    return this.#disk.syncDirectory(place);
  }

  /** Withdrawal: everything at once, and before the first byte goes. */
  takeName(published: string, trash: string): Promise<void> {
    return this.#disk.rename(published, trash);
  }

  /** Withdrawal: what was withdrawn doesn't come back. */
  syncWithdrawn(place: string): Promise<void> {
    return this.#disk.syncDirectory(place);
  }

  /** Withdrawal: another sync of a rename whose sync failed proves nothing, so it is undone, to be made anew. */
  giveBack(trash: string, published: string): Promise<void> {
    return this.#disk.rename(trash, published);
  }

  /** Sweep: before a leftover goes, the name that carries a higher id must be there for good, and its own as a checkpoint gone. */
  syncLeftovers(place: string): Promise<void> {
    return this.#disk.syncDirectory(place);
  }

  /** Sweep: the highest number stays until there is a higher one, so that it is never given again. */
  nameThatStays(listing: StoreListing): string | undefined {
    return nameThatStays(listing);
  }
}

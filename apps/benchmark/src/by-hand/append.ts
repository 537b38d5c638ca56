import * as fs from "node:fs";
import { Block, blockBytes, blockHeaderBytes } from "./block.ts";
import type { Work } from "../work.ts";

/** Appends all entries and syncs once. */
export function appendByHand(file: string, keys: readonly Uint8Array[], work: Work): void {
  const descriptor = fs.openSync(file, "wx");
  const block = new Block();
  let position = 0;
  for (let i = 0; i < keys.length; i++) {
    block.add(keys[i] as Uint8Array, work.value(i));
    if (block.length >= blockBytes) position = block.writeTo(descriptor, position);
  }
  if (block.length > blockHeaderBytes) block.writeTo(descriptor, position);
  fs.fdatasyncSync(descriptor);
  fs.closeSync(descriptor);
}

import { openCheckpointManager, type CheckpointMetadata } from "@laminar/checkpoint";

/** Publishes a checkpoint, opens the directory again, and reads the state back. */
export async function use(directory: string): Promise<void> {
  const first = await openCheckpointManager({ directory });
  const made: CheckpointMetadata = await first.create({ walPosition: 0, state: Uint8Array.of(1, 2, 3) });
  await first.close();

  const second = await openCheckpointManager({ directory });
  const latest = await second.latest();
  const state: number[] = [];
  for await (const chunk of second.readState(made.id)) state.push(...chunk);
  await second.close();
  if (latest?.id !== made.id || state.join() !== "1,2,3")
    throw new Error(`checkpoint ${latest?.id} with the state ${state.join()}`);
}

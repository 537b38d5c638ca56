import { StateSnapshot } from "@laminar/state-snapshot";

/** A snapshot to bytes and back. */
export async function use(): Promise<void> {
  const bytes: Uint8Array = StateSnapshot.from([[Uint8Array.of(1), Uint8Array.of(2)]]).toBytes();
  const snapshot = StateSnapshot.fromBytes(bytes);
  const value: Uint8Array | undefined = snapshot.get(Uint8Array.of(1));
  if (snapshot.size !== 1 || value?.[0] !== 2) throw new Error("the snapshot came back as something else");
}

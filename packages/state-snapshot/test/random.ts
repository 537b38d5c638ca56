/** Whole numbers from 0 up to the argument, the same ones for the same seed (xorshift128, seeded by splitmix). */
export function randomNumbers(seed: number): (below: number) => number {
  const state = new Uint32Array(4);
  for (let index = 0; index < 4; index += 1) state[index] = Math.imul(seed + index * 0x9e3779b9, 0x85ebca6b) ^ (index + 1);
  return (below) => {
    const [a = 1, b = 0, c = 0, d = 0] = state;
    let next = a ^ (a << 11);
    next = next ^ (next >>> 8) ^ d ^ (d >>> 19);
    state.set([b, c, d, next]);
    return Math.floor(((next >>> 0) / 0x1_0000_0000) * below);
  };
}

/** Runs `body` with seeds of this run; a failure names its seed. */
export async function withSeeds(count: number, body: (random: (below: number) => number) => void | Promise<void>): Promise<void> {
  const first = Number(process.env["SEED"] ?? Date.now() % 1_000_000_000);
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      await body(randomNumbers(seed));
    } catch (cause) {
      throw new Error(`Failed with SEED=${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

export function randomBytes(random: (below: number) => number, most: number): Uint8Array {
  return Uint8Array.from({ length: random(most + 1) }, () => random(256));
}

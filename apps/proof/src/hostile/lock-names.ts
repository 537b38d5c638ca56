import { tmpdir } from "node:os";
import { nodeDisk } from "@laminar/disk";
import type { Choices } from "../random.ts";
import { damaged } from "./bytes.ts";
import type { Decoder, Hostile } from "./decoder.ts";

const self = await nodeDisk.owners.identify(tmpdir());
const WORDS = ["", "0", "-1", "1", "4194304", "999999999999999999999999", "x", "v2", "l", "r0123456789ab", "lx", "a+b", "00", "1e3", "0x10", "\u{1f600}", "../../x", "NaN"];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An owner's name with fields of other values, or bytes of it changed. */
function hostileName(choices: Choices): Hostile {
  const fields = self.split("+");
  const which: number[] = [];
  while (which.length < 3 && choices.chance(0.6)) {
    const field = choices.whole(fields.length);
    fields[field] = choices.one([...WORDS, String(process.pid), String(choices.whole(100_000))]);
    which.push(field);
  }
  const { bytes, words } = damaged(encoder.encode(fields.join("+")), choices, encoder.encode(self), 0.2);
  return { bytes, what: `an owner's name, fields ${which.join(", ")} changed, ${words.join(", ")}`, claims: false };
}

/** Whoever can't be told to be dead must not be taken for dead: only a name as `identify` writes it can be. */
async function judgeName({ bytes }: Hostile): Promise<string> {
  const name = decoder.decode(bytes);
  const verdict = await nodeDisk.owners.judge(name, self);
  if (verdict !== "alive" && verdict !== "dead" && verdict !== "unknown") throw new Error(`the verdict is ${String(verdict)}`);
  if (name === self && verdict !== "alive") throw new Error(`this process is said to be ${verdict}`);
  if (verdict !== "unknown" && name.split("+").length !== 8) throw new Error(`a name of other parts is said to be ${verdict}`);
  return verdict;
}

export const lockNames: Decoder = { name: "owners of locks", share: 0.02, make: hostileName, read: judgeName };

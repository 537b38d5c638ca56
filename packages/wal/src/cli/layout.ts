import type { InspectedEnd } from "../inspection.ts";

export function endInWords({ kind, file, offset, bytes }: InspectedEnd): string {
  const place = `at offset ${offset} of ${file}`;
  if (kind === "clean") return `it ends clean ${place}`;
  if (kind === "damaged") return `it ends ${place}, and records are damaged or missing`;
  return `it ends ${place}, before ${bytes} bytes of a write that never finished or is under way, which count for nothing`;
}

/** Messages name the options of a program; here they are called otherwise. */
export function optionsInWords(message: string): string {
  return message.replaceAll('onDamage: "stop"', "dump --on-damage stop").replaceAll("acceptMissingLog", "--accept-missing-log of npx @laminar/recovery");
}

import type { Recorded } from "./csv.ts";
import type { Curve } from "./curve.ts";

export interface Drawn extends Recorded {
  readonly curve: Curve;
}

/** The page that shows every curve that has been measured, and says what it shows. */
export function growthPage(drawn: readonly Drawn[]): string {
  return `# Growth

What grows, and what stays as it is. Drawn by \`pnpm bench --curves\`, which writes this page, the pictures and their numbers anew. A put
has a key of 16 bytes and a value of 100, unless the curve is about its size. Every sentence is made from the numbers beside it.

${drawn.map(section).join("\n")}`;
}

function section({ curve, rows, circumstances }: Drawn): string {
  const sentences = curve.says(rows);
  const pictures = curve.charts(rows).map(({ name, title }, index) => `![${title}](${name}.svg)\n\n${sentences[index] ?? ""}\n`);
  return `## ${curve.title}\n\n${pictures.join("\n")}\n[The numbers](${curve.name}.csv); ${circumstances}.\n`;
}

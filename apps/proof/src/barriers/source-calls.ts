import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";

/** A call in the source of a package that may be one of the disk's port. */
export interface SourceCall {
  readonly file: string;
  readonly line: number;
  /** What it is called on. */
  readonly receiver: string;
  readonly method: string;
  /** As people read it: "wal/segment-writer #writeHead: syncDirectory". */
  readonly name: string;
}

/** Where the packages that have a port to the disk were built to; the adapter and the simulated disk are what is behind it. */
const PACKAGES = ["disk", "wal", "checkpoint", "recovery"];
const BEHIND_THE_PORT = /^(testing\/|node-)/;
const CALL = /([\w$#.()]+)\.(sync|syncDirectory|rename|remove|removeDirectory|makeDirectory|create|write|writeSync)\(/g;
const DECLARATION = /^(\s*)(?:export )?(?:static )?(?:async )?(?:function\*? )?\*?(#?[\w$]+)\(.*\) \{$/;
const NOT_DECLARATIONS: ReadonlySet<string> = new Set(["if", "for", "while", "switch", "catch"]);

const require = createRequire(import.meta.url);

/** A file of a package, by lines. */
export interface SourceFile {
  readonly path: string;
  /** "wal/segment-writer" */
  readonly name: string;
  readonly lines: readonly string[];
}

export function packageFiles(): readonly SourceFile[] {
  return PACKAGES.flatMap((name) => {
    const root = join(dirname(require.resolve(`@laminar/${name}/package.json`)), "dist");
    return readdirSync(root, { recursive: true, encoding: "utf8" })
      .map((file) => file.split(sep).join("/"))
      .filter((file) => file.endsWith(".js") && !BEHIND_THE_PORT.test(file))
      .map((file) => ({ path: join(root, file), name: `${name}/${file.slice(0, -".js".length)}`, lines: readFileSync(join(root, file), "utf8").split("\n") }));
  });
}

/** The calls that a file makes, found by the names of the port's methods. */
export function callsIn(file: SourceFile): readonly SourceCall[] {
  return file.lines.flatMap((text, index) =>
    /^\s*(\*|\/\/|\/\*)/.test(text)
      ? []
      : [...text.matchAll(CALL)].map(([, receiver = "", method = ""]) => ({ file: file.path, line: index + 1, receiver, method, name: `${functionAt(file, index + 1)}: ${method}` })),
  );
}

/** The function or method that a line is in. Those inside of it that have no name of their own belong to it. */
export function functionAt({ name, lines }: SourceFile, line: number): string {
  const indentation = lines[line - 1]?.search(/\S/) ?? 0;
  for (let above = line - 2; above >= 0; above--) {
    const [, indent = "", found = ""] = DECLARATION.exec(lines[above] ?? "") ?? [];
    if (found !== "" && indent.length < indentation && !NOT_DECLARATIONS.has(found)) return `${name} ${found}`;
  }
  return name;
}

/** For messages: where a person finds it. */
export const placeOf = ({ file, line }: SourceCall): string => `${relative(process.cwd(), file)}:${line}`;

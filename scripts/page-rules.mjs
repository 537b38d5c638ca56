// What the pages say of each other and of the commands: links, anchors, `pnpm …` and `npx …`.

import path from "node:path";
import { lineAt } from "./sources.mjs";

/** @typedef {{ scripts: readonly string[], cli: ReadonlyMap<string, string> }} Commands `cli`: the sources of each package's command, by its name */

const fence = /```[\s\S]*?```/g;
/** @param {string} code */
const blank = (code) => code.replace(/[^\n]/g, " ");
/** What pnpm brings itself. */
const ofPnpm = ["install", "exec"];

/** The anchors that a page offers, as GitHub names them. @param {string} text @returns {Set<string>} */
export function anchorsOf(text) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const anchors = [...text.replace(fence, blank).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = ""]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

/**
 * Relative links that lead nowhere, and anchors that their page doesn't have.
 *
 * @param {string} file
 * @param {string} text
 * @param {(path: string) => boolean} exists
 * @param {(path: string) => string} read
 * @returns {string[]}
 */
export function linkFindings(file, text, exists, read) {
  const links = text.replace(fence, blank).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g);
  return [...links].flatMap(({ index, 1: target = "", 2: anchor }) => {
    const place = `${file}:${lineAt(text, index)}`;
    const page = target === "" ? file : path.posix.join(path.posix.dirname(file), target);
    if (!exists(page)) return [`${place}  the link to ${target} leads nowhere`];
    if (anchor === undefined || !page.endsWith(".md") || anchorsOf(read(page)).has(anchor)) return [];
    return [`${place}  ${page} has no heading for #${anchor}`];
  });
}

/**
 * Commands in code that don't exist: scripts of the repository, commands of its packages and what follows them.
 *
 * @param {string} file
 * @param {string} text
 * @param {Commands} commands
 * @returns {string[]}
 */
export function commandFindings(file, text, { scripts, cli }) {
  const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)];
  return code.flatMap(({ 0: span, index }) => {
    const place = `${file}:${lineAt(text, index)}`;
    const run = [...span.matchAll(/\bpnpm(?:@\d+)? ([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    const called = [...span.matchAll(/\bnpx (@laminar\/[\w-]+)(?: ([a-z]+|<[a-z|]+>))?/g)];
    return [
      ...run.filter((name) => !scripts.includes(name) && !ofPnpm.includes(name)).map((name) => `${place}  there is no script "${name}"`),
      ...called.flatMap(([, name = "", words = ""]) => {
        const source = cli.get(name);
        if (source === undefined) return [`${place}  ${name} has no command`];
        const unknown = words.split(/[<|>]/).filter((word) => word !== "" && !new RegExp(`["'\`\\s]${word}\\b`).test(source));
        return unknown.map((word) => `${place}  the command of ${name} doesn't know "${word}"`);
      }),
    ];
  });
}

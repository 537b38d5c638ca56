import { sep } from "node:path";

/** The names that lead to `path` from the root; a relative path starts there too. */
export function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split(sep === "/" ? "/" : /[\\/]/)) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/** The path in the form that traces and images use on every platform. */
export function plainPath(path: string): string {
  return `/${namesOf(path).join("/")}`;
}

import { sep } from "node:path";
import { remembered } from "./remembered.ts";

/** The names that lead to a path from the root; a relative path starts there too. */
export const namesOf: (path: string) => readonly string[] = remembered((path) => {
  const names: string[] = [];
  for (const name of path.split(sep === "/" ? "/" : /[\\/]/)) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
});

/** The path in the form that traces and images use on every platform. */
export const plainPath: (path: string) => string = remembered((path) => `/${namesOf(path).join("/")}`);

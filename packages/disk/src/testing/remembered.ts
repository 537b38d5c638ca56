const most = 4096;

/** The same function of a text that remembers its last results: paths are few, and are asked about millions of times. */
export function remembered<T>(of: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    if (results.size === most) results.clear();
    const result = of(text);
    results.set(text, result);
    return result;
  };
}

import { PassThrough, Writable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { alignRows, bytesAsJson, count, indent, jsonText, LinePrinter, megabytes, OutputError, print, Progress, quote, valueAsJson, visible } from "../src/command-line/index.ts";
import { randomNumbers } from "./random.ts";

/** A stream, and each piece that was written to it. */
function collector(): { readonly stream: Writable; readonly written: string[] } {
  const written: string[] = [];
  const stream = new Writable({ decodeStrings: false, write: (text: string, _encoding, done) => (written.push(text), done()) });
  return { stream, written };
}

describe("printing", () => {
  it("waits for a slow reader", async () => {
    const pipe = new PassThrough({ highWaterMark: 1 });
    const order: string[] = [];
    const printing = Promise.all(["ab", "cd"].map(async (text) => print(pipe, text).then(() => order.push(`printed ${text}`))));
    pipe.setEncoding("utf8").on("data", (text: string) => order.push(`read ${text}`));
    await printing;
    expect(order.indexOf("printed cd")).toBeGreaterThan(order.indexOf("read ab"));
  });

  it("rejects with why the output takes no more, and whether its reader has gone", async () => {
    const { stream } = collector();
    stream.on("error", () => undefined).end();
    const error: unknown = await print(stream, "late").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OutputError);
    expect(error).toMatchObject({ message: "the output couldn't be written: write after end", readerGone: false, cause: { code: "ERR_STREAM_WRITE_AFTER_END" } });
    expect(new OutputError("the printer burns")).toMatchObject({ message: "the output couldn't be written: the printer burns", readerGone: false });
    expect(new OutputError(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })).readerGone).toBe(true);
  });

  it("gathers lines up to 64 KiB", async () => {
    const { stream, written } = collector();
    const lines = new LinePrinter(stream);
    await lines.flush();
    expect(written).toEqual([]);
    lines.add("x".repeat(64 * 1024 - 3));
    expect(lines.full).toBe(false);
    lines.add("y");
    expect(lines.full).toBe(true);
    await lines.flush();
    expect([lines.full, written]).toEqual([false, [`${"x".repeat(64 * 1024 - 3)}\ny\n`]]);
  });
});

describe("progress", () => {
  const shownOn = (isTTY: boolean | undefined, show: (progress: Progress, clock: { now: number }) => void): readonly string[] => {
    const clock = { now: 5 };
    const now = vi.spyOn(performance, "now").mockImplementation(() => clock.now);
    try {
      const { stream, written } = collector();
      show(new Progress({ stdout: new PassThrough(), stderr: Object.assign(stream, { isTTY }) }), clock);
      return written;
    } finally {
      now.mockRestore();
    }
  };
  const twice = (progress: Progress, clock: { now: number }): void => {
    progress.clear();
    for (const [now, line] of [[5, "one"], [104, "two"], [105, "three"]] as const) {
      clock.now = now;
      progress.update(() => line);
    }
    progress.clear();
    progress.clear();
  };

  it("is one line on a terminal, at most ten times a second, and goes without a trace", () => {
    expect(shownOn(true, twice)).toEqual(["\r\u001b[Kone", "\r\u001b[Kthree", "\r\u001b[K"]);
  });

  it("is nothing anywhere else", () => {
    expect([shownOn(false, twice), shownOn(undefined, twice)]).toEqual([[], []]);
  });
});

describe("text", () => {
  it("in rows is as wide as its widest cell, to the left or the right", () => {
    expect(alignRows([["a", "b"], ["long", "1", "x"], []])).toBe("a     b\nlong  1  x\n\n");
    expect(alignRows([["a", "bytes"], ["long", "1"]], new Set([1]))).toBe("a     bytes\nlong      1\n");
  });

  it("is indented, counted and measured", () => {
    expect(indent("a\n\nb\n")).toBe("  a\n\n  b\n");
    expect([count(1, "byte"), count(0, "byte"), count(2, "batch", "batches")]).toEqual(["1 byte", "0 bytes", "2 batches"]);
    expect([megabytes(0), megabytes(1_250_000)]).toEqual(["0.0", "1.3"]);
  });

  it("shows what a terminal may obey, or what can't be seen, as JSON writes it", () => {
    expect(visible("a\n\u001b\u009b\u202e\u2028 \u00e9\u{1f600}\u{e0001}")).toBe("a\\u000a\\u001b\\u009b\\u202e\\u2028 \u00e9\u{1f600}\\udb40\\udc01");
    expect(quote('"\u009b')).toBe('"\\"\\u009b"');
    const value = { ["\u009b"]: ["\u202e", { a: 1 }] };
    const shown = jsonText(value);
    expect(shown).toBe('{\n  "\\u009b": [\n    "\\u202e",\n    {\n      "a": 1\n    }\n  ]\n}\n');
    expect(JSON.parse(shown)).toEqual(value);
  });
});

describe("as JSON", () => {
  it("bytes are text where they are text, and give back exactly the bytes", () => {
    const letters = Array.from('abc xyz09"\\/\n\t\r\u00e9\u2028\ufeff\u{1f600}\u0000\u0085\u007f');
    let texts = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const below = randomNumbers(seed);
      const length = below(40);
      const bytes = seed % 2 === 0 ? Uint8Array.from({ length }, () => below(256)) : new TextEncoder().encode(Array.from({ length }, () => letters[below(letters.length)]).join(""));
      const json = JSON.parse(JSON.stringify(bytesAsJson(bytes))) as ReturnType<typeof bytesAsJson>;
      if (typeof json === "string") texts++;
      expect(typeof json === "string" ? new TextEncoder().encode(json) : new Uint8Array(Buffer.from(json.base64, "base64")), `seed ${seed}`).toEqual(bytes);
    }
    expect(texts).toBeGreaterThan(100);
    expect(3000 - texts).toBeGreaterThan(100);
    console.log(`of 3000 byte strings ${texts} are text`);
    const shown = (text: string): ReturnType<typeof bytesAsJson> => bytesAsJson(new TextEncoder().encode(text));
    expect([shown(""), shown("tab\tand\nline"), shown("\u001b[31m"), shown("\u009b"), bytesAsJson(Uint8Array.of(0xff))]).toEqual([
      "",
      "tab\tand\nline",
      { base64: "G1szMW0=" },
      { base64: "wps=" },
      { base64: "/w==" },
    ]);
  });

  it("a value has a form of its own", () => {
    const values: readonly (readonly [unknown, unknown])[] = [
      [{ at: 5, ok: true, none: null, list: ["text"] }, { at: 5, ok: true, none: null, list: ["text"] }],
      [7n, { $bigint: "7" }],
      [[undefined, -0, Number.NaN, Number.NEGATIVE_INFINITY], [{ $undefined: true }, { $number: "-0" }, { $number: "NaN" }, { $number: "-Infinity" }]],
      [Uint8Array.of(0, 1, 255).subarray(1), { $bytes: "Af8=" }],
      [new Date(0), { $date: "1970-01-01T00:00:00.000Z" }],
      [new Map<unknown, unknown>([[1, { a: 2n }]]), { $map: [[1, { a: { $bigint: "2" } }]] }],
      [{ $bigint: "7" }, { $object: [["$bigint", "7"]] }],
      [{ $a: 1, $b: 2 }, { $a: 1, $b: 2 }],
    ];
    for (const [value, json] of values) expect(valueAsJson(value)).toEqual(json);
  });
});

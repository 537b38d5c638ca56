import { column, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped } from "./numbers.ts";
import { decades, median, repeat } from "./steps.ts";

/** How long it takes to open a log of many files. */
export const segments: Curve = {
  name: "segments",
  title: "Opening a log of many segments",
  columns: ["segments", "reader_open_ms", "writer_open_ms"],

  measure({ limits, seed, say, inDirectory }) {
    return inDirectory(async (directory) => {
      const rows = [];
      let written = 0;
      for (const count of decades(Math.min(10, limits.segments), limits.segments, [1, 3])) {
        say(`${count} segments`);
        await inChild("writeSegments", { directory, seed, count: count - written });
        written = count;
        const times = (as: "reader" | "writer") => repeat(limits.rounds, () => inChild("openLog", { directory, as }));
        rows.push({ segments: count, reader_open_ms: median(await times("reader")), writer_open_ms: median(await times("writer")) });
      }
      return rows;
    });
  },

  charts: () => [
    {
      name: "segments",
      title: "Opening a log, by the number of its segments",
      x: { column: "segments", label: "segment files", unit: "count", scale: "log" },
      y: { label: "until it is open", unit: "ms", scale: "log" },
      lines: [
        { column: "reader_open_ms", label: "for reading" },
        { column: "writer_open_ms", label: "for writing" },
      ],
    },
  ],

  says: (rows) => {
    const [reader, writer] = [column(rows, "reader_open_ms"), column(rows, "writer_open_ms")];
    const count = column(rows, "segments").at(-1) ?? 0;
    const each = ((reader.at(-1) ?? 0) * 1000) / count;
    return [`A log of ${grouped(count)} segments is open for reading after ${grouped(reader.at(-1) ?? 0)} ms and for writing after ${grouped(writer.at(-1) ?? 0)} ms: ${grouped(each)} µs a segment, whose header is read and verified.`];
  },
};

import { describe, expect, it } from "vitest";
import { emptyRecoveredState, formatReport } from "../src/index.ts";

const report = { ...emptyRecoveredState().report, freshStart: false };

describe("the paragraph of a report", () => {
  it("ends each sentence once, whether or not what a checkpoint was skipped for is one", () => {
    const skippedCheckpoints = [
      { id: 3, reason: "damaged" as const, detail: 'open "state.bin": nothing stands there (ENOENT).' },
      { id: 2, reason: "damaged" as const, detail: "it ends at byte 7 of 9" },
    ];
    const text = formatReport({ ...report, skippedCheckpoints });
    expect(text).toContain('Checkpoint 3 was skipped, damaged: open "state.bin": nothing stands there (ENOENT). Checkpoint 2 was skipped, damaged: it ends at byte 7 of 9. ');
  });

  it("names what looks like a checkpoint and was passed by", () => {
    expect(formatReport(report)).not.toContain("Passed by");
    const text = formatReport({ ...report, ignoredNames: ["checkpoint_000000000000000A", "checkpoint_12"] });
    expect(text).toContain("Passed by, since no checkpoint has such a name: checkpoint_000000000000000A, checkpoint_12. ");
  });
});

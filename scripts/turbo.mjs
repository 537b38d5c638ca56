// One turbo task over the workspace: a single line when all is well, the failing packages' output when not.
// Usage: node scripts/turbo.mjs TASK [turbo's flags]

import { createRequire } from "node:module";
import { capture, seconds } from "./process.mjs";

const [task = "build", ...flags] = process.argv.slice(2);
const turbo = createRequire(import.meta.url).resolve("turbo/bin/turbo");
const started = performance.now();

if (process.stdout.isTTY) process.stdout.write(`${task} …`);
const { code, output } = await capture(
  process.execPath,
  [
    turbo,
    "run",
    task,
    "--output-logs=errors-only",
    "--ui=stream",
    "--no-update-notifier",
    "--continue=dependencies-successful",
    ...flags,
  ],
  { env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } },
);
if (process.stdout.isTTY) process.stdout.write("\r");

if (code !== 0) process.stdout.write(output);
console.log(`${task} ${code === 0 ? "done" : "FAILED"}, ${seconds(started)}`);
process.exitCode = code;

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Vitest leaves a processor free by itself, which on two is every other one.
    maxWorkers: "100%",
    projects: ["packages/*", "apps/*", { test: { name: "scripts", include: ["scripts/test/*.test.mjs"] } }],
    // Of the code that durability hangs on: each package by its own tests, which import its sources.
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["packages/*/src/testing/**", "packages/*/src/cli/**"],
      reporter: ["text", "json-summary", "json"],
      // Every branch is taken by a test, or says at its place why none can: `/* v8 ignore next -- reason */`.
      thresholds: {
        "packages/disk/src/**": { branches: 100 },
        "packages/checkpoint/src/**": { branches: 100 },
      },
    },
  },
});

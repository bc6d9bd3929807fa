import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One test alone would let all others pass unseen.
    allowOnly: false,
    // Real HTTP, real SQLite and real processes, on a machine that may be busy.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ["default", "json"],
    outputFile: { json: "reports/vitest.json" }
  }
})

import { mergeConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

export default mergeConfig(shared, {
  test: {
    // Each test stands up a vendor, a webhook and a worker, on a machine that may be busy.
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "SQLite", provide: { database: "SQLite" } }
      },
      {
        extends: true,
        test: {
          name: "PostgreSQL",
          provide: { database: "PostgreSQL" },
          globalSetup: ["@effect-yunmo/test-support/postgresSetup"]
        }
      }
    ]
  }
})

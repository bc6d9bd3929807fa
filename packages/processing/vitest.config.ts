import { mergeConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

/** Of one database alone, or of none. */
const onSqliteAlone = ["test/**/*.sqlite.test.ts", "test/TransactionFold.test.ts"]

export default mergeConfig(shared, {
  test: {
    // Each test stands up a vendor, a webhook and a worker, on a machine that may be busy.
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "SQLite", provide: { database: "SQLite" }, exclude: ["test/**/*.postgres.test.ts"] }
      },
      {
        extends: true,
        test: {
          name: "PostgreSQL",
          provide: { database: "PostgreSQL" },
          exclude: onSqliteAlone,
          globalSetup: ["@effect-yunmo/test-support/postgresSetup"]
        }
      }
    ]
  }
})

import { defineConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

/** By hand, with a Python beside: `live.ts` asks it anew, `record.ts` writes its answers down. */
export default defineConfig({
  test: {
    ...shared.test,
    include: ["test/oracle/live.ts", "test/oracle/record.ts"],
    reporters: ["default"]
  }
})

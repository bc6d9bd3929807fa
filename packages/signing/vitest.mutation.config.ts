import { defineConfig } from "vitest/config"
import shared from "../../vitest.shared.ts"

/** For Stryker: without the campaigns, which take long and stand on what the other tests hold, and with modules kept. */
export default defineConfig({
  test: {
    ...shared.test,
    exclude: ["test/Forgery.test.ts", "test/Oracle.test.ts"],
    isolate: false,
    reporters: ["default"]
  }
})

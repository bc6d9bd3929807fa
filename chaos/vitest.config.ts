import { mergeConfig } from "vitest/config"
import shared from "../vitest.shared.ts"

// Each file has several real processes under load; side by side they would starve each other.
export default mergeConfig(shared, {
  test: { fileParallelism: false, testTimeout: 180_000, hookTimeout: 60_000 }
})

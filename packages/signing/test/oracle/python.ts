/** Asks `oracle.py`, an implementation in another language that shares no code with this one. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"

export interface Task {
  readonly message: string
  readonly secret: string
}
export type Answer = Readonly<Record<string, readonly [text: string, digest: string]>>

export const ask = (tasks: ReadonlyArray<Task>): ReadonlyArray<Answer> => {
  const child = spawnSync("python3", [join(import.meta.dirname, "oracle.py")], {
    input: tasks.map((task) => `${JSON.stringify(task)}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 512 * 1024 * 1024
  })
  if (child.error !== undefined) {
    throw new Error(
      `python3 could not be started (${child.error.message}): these tests need Python 3.7 or newer on the PATH`
    )
  }
  if (child.status !== 0) {
    throw new Error(child.stderr)
  }
  return child.stdout
    .trim()
    .split("\n")
    .map((line): Answer => JSON.parse(line))
}

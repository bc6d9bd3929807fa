/** The folder of the databases has to be on a real disk: what a sync costs is what is measured. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median } from "../measure.js"

/** File systems that live in memory, by the number that `statfs` gives: tmpfs and ramfs. */
const inMemory = [0x01021994, 0x858458f6]

export const makeFolder = (parent: string = tmpdir()): string => {
  if (inMemory.includes(statfsSync(parent).type)) {
    throw new Error(
      `${parent} is in memory, where a sync costs nothing; give a folder on a disk with --folder.`
    )
  }
  return mkdtempSync(join(parent, "yunmo-bench-"))
}

/** What appending 4 KB and waiting for the disk takes there, in microseconds. */
export const syncCost = (folder: string): number => {
  const path = join(folder, "sync")
  const file = openSync(path, "w")
  const page = Buffer.alloc(4096, 1)
  const times = Array.from({ length: 200 }, () => {
    const began = performance.now()
    writeSync(file, page)
    fdatasyncSync(file)
    return (performance.now() - began) * 1000
  })
  closeSync(file)
  rmSync(path)
  return median(times)
}

/** Removes from dist what has no source any more, which tsc leaves lying there. Runs in the folder of a package, before tsc. */
import { existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

if (existsSync("dist")) {
  for (const file of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
    const source = /^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file)?.[1]
    if (source !== undefined && !existsSync(join("src", `${source}.ts`))) rmSync(join("dist", file))
  }
}

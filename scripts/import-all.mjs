/**
 * Imports every module of every published library with the Node that runs this file, whichever that is: the workflows start it
 * by Node 20, 22 and 24, while everything else runs on the Node of the lockfile. Build first.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const packages = join(import.meta.dirname, "..", "packages")
const major = Number(process.versions.node.split(".")[0])
let modules = 0

for (const name of readdirSync(packages)) {
  const { engines, exports } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"))
  if (exports?.["."] === undefined || major < Number(/\d+/.exec(engines.node)?.[0])) continue
  const dist = join(packages, name, "dist")
  for (const file of readdirSync(dist).filter((file) => file.endsWith(".js"))) {
    await import(pathToFileURL(join(dist, file)).href)
    modules += 1
  }
}
if (modules === 0) throw new Error("There is no module to import: run pnpm build first")
console.log(`Node ${process.versions.node} imports all ${modules} modules`)

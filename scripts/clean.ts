/** Removes everything that a build or a test run made, and nothing that an install made. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { root, workspaces } from "./lib/workspace.ts"

for (const folder of [".", ...workspaces.map((workspace) => workspace.folder)]) {
  for (const made of ["dist", "reports", "coverage", ".turbo"]) {
    rmSync(join(root, folder, made), { recursive: true, force: true })
  }
}

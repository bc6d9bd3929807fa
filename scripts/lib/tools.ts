/** How to start a tool of this workspace with the Node that runs us: no shell, no shim, no PATH. */
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "./workspace.ts"

/** Tools keep to themselves: no telemetry, no notice of updates, no colors in logs, no second install by a nested pnpm. */
export const quiet: Readonly<Record<string, string | undefined>> = {
  ...process.env,
  DO_NOT_TRACK: "1",
  NO_COLOR: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  npm_config_verify_deps_before_run: "false"
}

/** The JavaScript file behind a command of a package that the root depends on. */
export const toolPath = (name: string, command: string): string => {
  const manifest = join(root, "node_modules", name, "package.json")
  const { bin }: { bin: string | Record<string, string> } = JSON.parse(readFileSync(manifest, "utf8"))
  const path = typeof bin === "string" ? bin : bin[command]
  if (path === undefined) throw new Error(`${name} has no command ${command}`)
  return join(dirname(manifest), path)
}

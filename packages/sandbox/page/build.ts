/**
 * Puts the status page's script and style into src/internal/pageParts.generated.ts, where they can be imported without a file system:
 * `node page/build.ts` after a change in this folder; a test fails when the two differ.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8")

/** The modules as one, in the order in which they need each other. */
const script = ["dom.js", "sections.js", "status.js"]
  .map((name) =>
    read(name)
      .replace(/^import \{[^}]*\} from "[^"]*"\n/gm, "")
      .replace(/^export /gm, "")
  )
  .join("\n")

const literal = (text: string) => `\`${text.replace(/[`\\]|\$\{/g, "\\$&")}\``

export const target = fileURLToPath(new URL("../src/internal/pageParts.generated.ts", import.meta.url))

export const parts = `/* Made by page/build.ts from the files beside it. */

export const script = ${literal(script)}

export const style = ${literal(read("status.css"))}
`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, parts)
}

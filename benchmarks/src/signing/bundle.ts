/** P6: what importing the verifier alone costs. */
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

export interface Bundle {
  readonly bytes: number
  readonly gzip: number
  /** Imports from `effect` that stay outside. */
  readonly external: ReadonlyArray<string>
}

export const bundleOf = async (specifier: string): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export * from "${specifier}"`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["effect"],
    metafile: true,
    write: false
  })
  const [file] = outputFiles
  const [output] = Object.values(metafile.outputs)
  if (file === undefined || output === undefined) {
    throw new Error(`there is no bundle of ${specifier}`)
  }
  return {
    bytes: file.contents.length,
    gzip: gzipSync(file.contents, { level: 9 }).length,
    external: output.imports.map(({ path }) => path).sort()
  }
}

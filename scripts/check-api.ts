/**
 * The public API of one package as a report kept beside it, so that a change of it is seen in review. Runs in the folder of
 * the package; `--update` rewrites the report.
 */
import { mkdirSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { ConsoleMessageId, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor"
import { filesBelow, report, root } from "./lib/workspace.ts"

const update = process.argv.includes("--update")
const folder = relative(root, process.cwd()).replaceAll("\\", "/")
const name = basename(folder)
const reportFolder = join(root, folder, "etc")
mkdirSync(reportFolder, { recursive: true })

const silent = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false }
const config = ExtractorConfig.prepare({
  configObjectFullPath: undefined,
  packageJsonFullPath: join(root, folder, "package.json"),
  configObject: {
    projectFolder: join(root, folder),
    mainEntryPointFilePath: join(root, folder, "dist", "index.d.ts"),
    compiler: {
      overrideTsconfig: {
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { composite: false, incremental: false },
        include: [join(root, folder, "dist", "index.d.ts")]
      }
    },
    apiReport: {
      enabled: true,
      // The fields of an Effect class stand in the unexported `X_base` that it extends.
      includeForgottenExports: true,
      reportFileName: `${name}.api.md`,
      reportFolder,
      reportTempFolder: join(root, folder, "reports")
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: "lf",
    messages: {
      // No release tags, and `X_base` is not forgotten: the report is the check.
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      extractorMessageReporting: { default: silent },
      tsdocMessageReporting: { default: silent }
    }
  }
})

const sentences: Array<string> = []
const result = Extractor.invoke(config, {
  localBuild: update,
  printApiReportDiff: !update,
  messageCallback: (message) => {
    message.handled = true
    if (message.messageId === ConsoleMessageId.ApiReportDiff) console.log(message.text)
    if (message.logLevel === ExtractorLogLevel.Error) {
      sentences.push(`${folder}: ${message.formatMessageWithLocation(root)}`)
    }
  }
})
if (result.apiReportChanged && !update) {
  sentences.push(
    `The public API is not what ${folder}/etc/${name}.api.md says: if it should change, run pnpm api:update`
  )
}
const modules = filesBelow(`${folder}/src`, ".ts").filter((file) => !file.includes("/internal/"))
report(`the public API of ${modules.length - 1} modules of ${name}`, sentences)

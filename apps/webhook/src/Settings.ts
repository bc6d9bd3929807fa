/** Everything this app reads from its environment, in one place: whatever is wrong is named at once. */
import * as Shared from "@effect-yunmo/node/Settings"
import * as Config from "effect/Config"

const isPath = (text: string): boolean => /^\/[^\s?#]*$/.test(text) && text !== "/healthz"

export const settings = Config.all({
  merchantNo: Shared.merchantNo,
  keyRing: Shared.keyRing,
  database: Shared.database,
  contractFile: Shared.contractFile,
  host: Config.nonEmptyString("WEBHOOK_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.integer("WEBHOOK_PORT").pipe(
    Config.validate({
      message: "is not a port number from 0 to 65535",
      validation: (port) => port >= 0 && port <= 65_535
    }),
    Config.withDefault(8787)
  ),
  path: Config.string("WEBHOOK_PATH").pipe(
    Config.validate({
      message: "is not a path that begins with / and has no blanks, ? or #, other than /healthz",
      validation: isPath
    }),
    Config.withDefault("/yunmo/notifications")
  )
})

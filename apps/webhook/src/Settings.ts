/** Everything this app reads from its environment, in one place: whatever is wrong is named at once. */
import * as MerchantsChoice from "@effect-yunmo/node/MerchantsChoice"
import * as Server from "@effect-yunmo/node/ServerSettings"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Telemetry from "@effect-yunmo/node/Telemetry"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const healthPath = "/healthz"

const publicListener = Config.all({
  host: Config.withDefault(Config.nonEmptyString("WEBHOOK_HOST"), "127.0.0.1"),
  port: Config.withDefault(Server.port("WEBHOOK_PORT"), 8787),
  path: Config.withDefault(Server.path("WEBHOOK_PATH", [healthPath]), "/yunmo/notifications"),
  allow: Config.map(Config.option(Server.addressList("WEBHOOK_ALLOW")), Option.getOrUndefined),
  trustedProxies: Server.trustedProxies("WEBHOOK_TRUSTED_PROXIES"),
  maxConnections: Config.withDefault(Server.limit("WEBHOOK_MAX_CONNECTIONS"), 4096),
  maxConnectionsPerAddress: Config.withDefault(Server.limit("WEBHOOK_MAX_CONNECTIONS_PER_ADDRESS"), 256),
  headersTimeout: Config.withDefault(Server.timeout("WEBHOOK_HEADERS_TIMEOUT"), Duration.seconds(10)),
  bodyTimeout: Config.withDefault(Server.timeout("WEBHOOK_BODY_TIMEOUT"), Duration.seconds(10)),
  idleTimeout: Config.withDefault(Server.timeout("WEBHOOK_IDLE_TIMEOUT"), Duration.seconds(65))
})

export const settings = Config.all({
  merchants: MerchantsChoice.config,
  database: Shared.database,
  atRestKeys: Shared.atRestKeys,
  contractFile: Shared.contractFile,
  listener: publicListener,
  admin: Server.admin("WEBHOOK_ADMIN"),
  telemetry: Telemetry.options
}).pipe(
  Config.map(({ admin, listener, ...rest }) => ({
    ...rest,
    listener: { ...listener, healthPath },
    // Whoever lets the system choose one port means both, or a second webhook on the machine would not start.
    admin: { ...admin, port: admin.port ?? (listener.port === 0 ? 0 : 8789) }
  }))
)

export type Settings = Config.Config.Success<typeof settings>

/** `yunmo sandbox`: the vendor on this machine, as a server of its own. */

import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Program from "@effect-yunmo/node/Program"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Server from "../internal/server.js"

const [development] = Sandbox.development.merchants

const options = {
  port: Options.integer("port").pipe(
    Options.filterMap(
      (port) => (port >= 0 && port <= 65_535 ? Option.some(port) : Option.none()),
      "A port is a number from 0 to 65535."
    ),
    Options.withDescription("The port to listen on; 0 takes a free one."),
    Options.withDefault(8788)
  ),
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on."),
    Options.withDefault("127.0.0.1")
  ),
  callback: Options.text("callback").pipe(
    Options.withPseudoName("url"),
    Options.withDescription("Where notifications go; until there is a place, they wait."),
    Options.optional
  ),
  seed: Options.text("seed").pipe(
    Options.withDescription("The same seed gives the same ids, card numbers and nonces."),
    Options.optional
  ),
  settleAfter: Options.text("settle-after").pipe(
    Options.withPseudoName("duration"),
    Options.withDescription('How long a balance adjustment is pending, "2 seconds" say.'),
    Options.filterMap(
      (text) => Duration.decodeUnknown(text),
      'Write a duration such as "250 millis" or "2 seconds".'
    ),
    Options.withDefault(Duration.millis(250))
  ),
  allowRemoteCallbacks: Options.boolean("allow-remote-callbacks").pipe(
    Options.withDescription("Lets notifications leave this machine.")
  )
}

type Flags = Command.Command.ParseConfig<typeof options>

/** The same names as the client's and the webhook's, so that one file of settings fits them all. */
const settings = Config.all({
  merchantNo: Config.option(Shared.merchantNo),
  apiKey: Config.option(Shared.apiKey),
  secretKey: Config.option(Shared.secretKey),
  control: Config.option(Config.nonEmptyString("SANDBOX_CONTROL_TOKEN").pipe(Config.map(Redacted.make))),
  contractFile: Shared.contractFile
})

/** A credential that everybody knows guards nothing where others can reach the port. */
class ControlTokenNeeded extends Data.TaggedError("ControlTokenNeeded")<{ readonly host: string }> {
  override get message(): string {
    return `Other machines may reach ${this.host}, and the sandbox's control routes would be open to them; set SANDBOX_CONTROL_TOKEN, or listen on 127.0.0.1.`
  }
}

/** What a person needs to know before they use it; a secret is shown only when it is no secret. */
const announce = (
  flags: Flags,
  given: { readonly merchantNo: string; readonly secrets: ReadonlyArray<readonly [string, boolean, string]> }
) =>
  Effect.gen(function* () {
    yield* Effect.logWarning(
      "This is the effect-yunmo sandbox, not YUNMO: no card it makes is real, and its state ends with it."
    )
    yield* Effect.logInfo(`It knows the merchant ${given.merchantNo}.`)
    for (const [name, isSet, otherwise] of given.secrets) {
      yield* isSet
        ? Effect.logInfo(`${name} is taken from the environment.`)
        : Effect.logWarning(`${name} is not set: it is "${otherwise}", which everybody may know.`)
    }
    if (flags.allowRemoteCallbacks) {
      yield* Effect.logWarning("Notifications may leave this machine (--allow-remote-callbacks).")
    }
  })

const sandbox = (flags: Flags) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { apiKey, contractFile, control, merchantNo, secretKey } = yield* settings
      if (!Server.isLoopback(flags.host) && Option.isNone(control)) {
        return yield* new ControlTokenNeeded({ host: flags.host })
      }
      const merchant: Sandbox.MerchantOptions = {
        merchantNo: Option.getOrElse(merchantNo, () => development.merchantNo),
        apiKey: Option.getOrElse(apiKey, () => development.apiKey),
        secretKey: Option.getOrElse(secretKey, () => development.secretKey),
        callbackUrl: Option.getOrUndefined(flags.callback)
      }
      yield* announce(flags, {
        merchantNo: merchant.merchantNo,
        secrets: [
          ["YUNMO_API_KEY", Option.isSome(apiKey), Redacted.value(development.apiKey)],
          ["YUNMO_SECRET_KEY", Option.isSome(secretKey), Redacted.value(development.secretKey)],
          ["SANDBOX_CONTROL_TOKEN", Option.isSome(control), Redacted.value(Sandbox.development.control)]
        ]
      })
      return listening.pipe(
        Layer.provide(SandboxServer.layer),
        Layer.provide(
          Sandbox.layer({
            merchants: [merchant],
            control: Option.getOrElse(control, () => Sandbox.development.control),
            seed: Option.getOrUndefined(flags.seed),
            settleAfter: flags.settleAfter,
            allowRemoteCallbacks: flags.allowRemoteCallbacks
          })
        ),
        Layer.provide(NodeHttpClient.layer),
        Layer.provide(Server.layer({ host: flags.host, port: flags.port })),
        Layer.provide(Shared.contractLayer(contractFile))
      )
    })
  )

const listening = Layer.effectDiscard(
  HttpServer.addressWith((address) => Program.listening("sandbox", Server.urlOf(address)))
)

export const command = Command.make("sandbox", options, (flags) =>
  Layer.launch(sandbox(flags)).pipe(Effect.provide(Logger.json))
).pipe(
  Command.withDescription(
    "Serves the vendor's API from memory, with signed notifications. YUNMO_MERCHANT_NO, YUNMO_API_KEY, YUNMO_SECRET_KEY and SANDBOX_CONTROL_TOKEN are taken from the environment, with values for development where they are not set."
  )
)

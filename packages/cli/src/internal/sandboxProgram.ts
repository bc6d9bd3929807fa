/** What `yunmo sandbox` runs: the vendor's API on one port of this machine. */

import type { FileSystem } from "@effect/platform/FileSystem"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Program from "@effect-yunmo/node/Program"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import type { SandboxInvalid } from "@effect-yunmo/sandbox/SandboxError"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Flags } from "../commands/sandbox.js"
import * as Server from "./server.js"

const [development] = Sandbox.development.merchants

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
            rules: { settleAfterSeconds: Duration.toSeconds(flags.settleAfter) },
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

/** Every way in which it does not start. */
export type Failure =
  | ControlTokenNeeded
  | Server.CannotListen
  | Shared.ContractFileInvalid
  | SandboxInvalid
  | ConfigError

export const launch = (flags: Flags): Effect.Effect<never, Failure, FileSystem> =>
  Layer.launch(sandbox(flags)).pipe(Effect.provide(Logger.json))

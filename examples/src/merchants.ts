/** The merchant of the receiving examples and its keys, from the environment. */
import { Merchants } from "@effect-yunmo/notifications"
import { KeyRing, SigningKey } from "@effect-yunmo/signing"
import { Config, Effect } from "effect"

/** For several merchants give several entries, each with its ring; `replace` of the service takes new ones while it runs. */
export const merchants = Merchants.layerEffect(
  Effect.gen(function* () {
    const merchantNo = yield* Config.nonEmptyString("YUNMO_MERCHANT_NO")
    const secretKey = yield* Config.redacted("YUNMO_SECRET_KEY")
    const keyRing = yield* KeyRing.make({ signing: SigningKey.make("signing", secretKey) })
    return [{ merchantNo, keyRing }]
  })
)

export const port = Config.withDefault(Config.port("PORT"), 8787)

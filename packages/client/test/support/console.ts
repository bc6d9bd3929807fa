import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { code, type Received, type Reply, text, vendor } from "./vendor.js"

interface Pair {
  readonly apiKey: Redacted.Redacted<string>
  readonly secretKey: Redacted.Redacted<string>
}

const holds = (body: string, secret: string): boolean =>
  Either.isRight(Verifier.verifyWith([SigningKey.make("key", secret)], body))

/** Which of these secrets signed a request. */
export const keyOf = <K extends string>(
  body: string,
  secrets: Readonly<Record<K, string>>
): K | undefined => {
  for (const name in secrets) {
    if (holds(body, secrets[name])) {
      return name
    }
  }
  return undefined
}

/**
 * The sandbox with keys that can be changed, as a merchant console changes them: a server in front of it that takes only
 * what is signed with a key in force, and signs it anew with the sandbox's own.
 */
export const make = (
  sandboxUrl: string,
  own: Pair & { readonly merchantNo: string },
  first: ReadonlyArray<Pair>
) =>
  Effect.gen(function* () {
    let inForce = first
    let refused = 0
    const answer = async ({ body, message, operation, url }: Received): Promise<Reply> => {
      const pair = inForce.find(({ secretKey }) => holds(body, Redacted.value(secretKey)))
      if (pair === undefined) {
        refused += 1
        return code("2000003")
      }
      const login = operation === "login"
      if (login && message.data["apiKey"] !== Redacted.value(pair.apiKey)) {
        refused += 1
        return code("2000006")
      }
      const { data, merchantNo, nonce, requestTime, token, version } = JSON.parse(body)
      const signed = await Effect.runPromise(
        Signer.signWith(SigningKey.make("sandbox", own.secretKey), {
          envelope: { merchantNo, version, nonce, requestTime },
          token: token === "" ? "" : Redacted.make(token),
          data: login ? { apiKey: Redacted.value(own.apiKey) } : data
        })
      )
      const response = await fetch(`${sandboxUrl}${url}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: Redacted.value(signed.body)
      })
      return text(await response.text())
    }
    const server = yield* vendor({ login: answer, anything: answer })
    return {
      url: server.url,
      /** Changes the keys in force, at once. */
      accept: (pairs: ReadonlyArray<Pair>) => {
        inForce = pairs
      },
      /** How many calls bore a key that was not in force. */
      refused: () => refused
    }
  })

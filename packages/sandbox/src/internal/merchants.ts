import * as Ids from "@effect-yunmo/schema/Ids"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { MerchantOptions, Options } from "../Sandbox.js"
import { SandboxInvalid } from "../SandboxError.js"
import * as Callback from "./callback.js"
import type { Merchant } from "./world.js"

const isBlank = (secret: Redacted.Redacted<string>): boolean => Redacted.value(secret).trim() === ""

const merchantOf = (
  { apiKey, callbackUrl, merchantNo: text, secretKey }: MerchantOptions,
  allowRemote: boolean
): Either.Either<Merchant, ReadonlyArray<string>> => {
  const merchantNo = Schema.decodeUnknownEither(Ids.MerchantNo)(text)
  const key = SigningKey.make("signing", secretKey)
  const ring = KeyRing.make({ signing: key })
  const callback =
    callbackUrl === undefined ? Either.right(undefined) : Callback.check(callbackUrl, allowRemote)
  if (Either.isRight(merchantNo) && Either.isRight(ring) && Either.isRight(callback) && !isBlank(apiKey)) {
    return Either.right({
      merchantNo: merchantNo.right,
      apiKey,
      key,
      enabled: true,
      callbackUrl: callback.right
    })
  }
  return Either.left([
    ...(Either.isLeft(merchantNo) ? [`the merchant number "${text}" is empty or has blanks around it`] : []),
    ...(isBlank(apiKey) ? [`the API key of merchant ${text} is empty`] : []),
    ...(Either.isLeft(ring) ? [`merchant ${text}: ${withoutStop(ring.left.message)}`] : []),
    ...(Either.isLeft(callback) ? [`merchant ${text}: ${withoutStop(callback.left.sentence)}`] : [])
  ])
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "")

/** The merchants of the options, or everything that is wrong with them. */
export const merchantsOf = (options: Options): Either.Either<ReadonlyArray<Merchant>, SandboxInvalid> => {
  const results = options.merchants.map((merchant) =>
    merchantOf(merchant, options.allowRemoteCallbacks ?? false)
  )
  const numbers = options.merchants.map(({ merchantNo }) => merchantNo)
  const problems = [
    ...(numbers.length === 0 ? ["there is no merchant"] : []),
    ...numbers
      .filter((number, index) => numbers.indexOf(number) !== index)
      .map((number) => `merchant ${number} is given twice`),
    ...(isBlank(options.control) ? ["the control credential is empty"] : []),
    ...results.flatMap((result) => (Either.isLeft(result) ? result.left : []))
  ]
  return problems.length === 0
    ? Either.right(results.flatMap((result) => (Either.isRight(result) ? [result.right] : [])))
    : Either.left(new SandboxInvalid({ problems }))
}

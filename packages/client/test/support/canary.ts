/** Secrets that can be told apart by what is looked for, who plants them, and who looks for them. */

import { assert } from "@effect/vitest"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Policy from "../../src/Policy.js"
import { Yunmo } from "../../src/Yunmo.js"
import * as Id from "./ids.js"
import { type Call, calls } from "./operations.js"
import { logged, prints, traced } from "./shows.js"
import type { Received } from "./vendor.js"

/** Each secret, told apart by what is looked for: `mark` stands in it at least every 16 characters. */
export const mark = "CANARY"
export const canary = (name: string) => `${mark}-${name}-${mark}`
export const secretKey = canary("secret-key")
export const apiKey = canary("api-key")
export const token = canary("token")
export const idNumber = canary("id-number")
export const photo = `${mark}+photo/`.repeat(100)
export const activationCode = canary("activation")
export const encrypted = canary("encrypted-pan")
export const html = `<html><b>${canary("pan-html")}</b> 4111 1111 1111 1111</html>`
export const pin = canary("pin")
export const pan = "4111111111111111"
export const livenessUrl = `https://liveness.example.com/${canary("liveness")}`

const marks = [mark, pan, "4111 1111 1111 1111"]

export const silent = (where: string, shown: string, looked: ReadonlyArray<string> = marks): void => {
  for (const one of looked) {
    const at = shown.indexOf(one)
    assert.strictEqual(at, -1, `${where}: ${shown.slice(Math.max(0, at - 200), at + 60)}`)
  }
}

export const planted: Readonly<Record<Operation.Name, Call>> = {
  ...calls,
  submitKyc: ({ kyc }) => kyc.submit({ ...Id.kyc({ idNumber, photo }), idBackPhoto: Redacted.make(photo) }),
  bindPhysicalCard: ({ cards }) =>
    cards.bindPhysical({
      customerId: Id.customerId,
      sku: "SKU1",
      activationCode: Redacted.make(activationCode)
    }),
  activatePhysicalCard: ({ cards }) =>
    cards.activatePhysical({ cardId: Id.cardId, activationCode: Redacted.make(activationCode) })
}

/** Everything secret that came with the request, or that the vendor knows, as one line. */
export const everything = ({ message }: Received): string =>
  [...Object.values(message.data), message.token, secretKey, apiKey, `card ${pan}`].join(" ")

export const options = {
  policy: { retries: 0 },
  options: { apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) }
}

/** Runs a call as a careless program would: logs the outcome, the error and the cause, and traces everything. */
export const watch = <A, E, R>(
  where: string,
  call: Effect.Effect<A, E, R>,
  policy: Partial<Policy.PolicyService> = options.policy,
  /** What else must not show, known when the call has ended. */
  secrets: (exit: Exit.Exit<A, E>) => ReadonlyArray<string> = () => []
) =>
  Effect.gen(function* () {
    const lines = yield* logged
    const spans = yield* traced
    const exit = yield* call.pipe(
      Effect.tap((outcome) => Effect.logInfo("outcome", outcome)),
      Effect.tapError((error) => Effect.logWarning("error", error, messageOf(error))),
      Effect.tapErrorCause((cause) => Effect.logError("cause", cause)),
      Effect.withSpan("program"),
      Policy.within(policy),
      Effect.exit,
      lines.collect,
      spans.collect
    )
    const looked = [...marks, ...secrets(exit)]
    silent(`${where}, printed`, prints(exit), looked)
    assert.isNotEmpty(lines.all)
    silent(`${where}, logged`, lines.all.join("\n"), looked)
    assert.isNotEmpty(spans.all)
    for (const span of spans.all) {
      silent(`${where}, span ${span.name}`, span.name + span.shown, looked)
    }
    silent(`${where}, metrics`, yield* measured, looked)
    return { exit, spans: spans.all }
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** An operation, with every secret planted that it takes. */
export const watched = (name: Operation.Name, policy?: Partial<Policy.PolicyService>) =>
  watch(name, Effect.flatMap(Yunmo, planted[name]), policy)

/** Every metric of this process as an exporter sees it: names, descriptions, labels and values. */
export const measured = Effect.map(Metric.snapshot, (pairs) =>
  prints(
    pairs.map(({ metricKey: { description, name, tags }, metricState }) => ({
      name,
      description,
      tags: tags.map(({ key, value }) => `${key}=${value}`),
      metricState
    }))
  )
)

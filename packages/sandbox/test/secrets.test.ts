import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { Sandbox } from "../src/Sandbox.js"
import { controls, post } from "./support/http.js"
import * as Id from "./support/ids.js"
import { eventually, receiver } from "./support/receiver.js"
import { Caller, control, fundedCard, kycOf, merchant, overHttp, requestOf } from "./support/vendor.js"

/** Everything that is logged or traced, as text. */
const listen = () => {
  const heard: Array<string> = []
  const logger = Logger.make(({ annotations, cause, message }) => {
    heard.push(inspect([message, [...annotations], cause], { depth: 10 }))
  })
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      heard.push(name)
      return {
        _tag: "Span",
        name,
        spanId: "s",
        traceId: "t",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        sampled: true,
        kind,
        // A tracer sees what an effect fails with; what it succeeds with no tracer takes.
        end: (_, exit) => void heard.push(inspect([attributes, Exit.causeOption(exit)], { depth: 10 })),
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _, values) => void heard.push(inspect([event, values], { depth: 10 })),
        addLinks: () => undefined
      }
    },
    context: (run) => run()
  })
  return {
    heard,
    layer: Layer.mergeAll(
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(LogLevel.All),
      Layer.setTracer(tracer)
    )
  }
}

describe("secrets", () => {
  it.scopedLive("stand in no log line and no span, whatever goes wrong", () => {
    const { heard, layer } = listen()
    return Effect.gen(function* () {
      const { call, token } = yield* Caller
      const sandbox = yield* Sandbox
      const webhook = yield* receiver({ status: 500, body: "no" })
      yield* sandbox.setCallback({ url: webhook.url })
      const { cardId, customerId } = yield* fundedCard("c-1", "10")
      const pan =
        /id="pan">([\d ]+)</.exec(Redacted.value(yield* call("getCardPanHtml", { cardId })))?.[1] ?? ""
      assert.match(pan, /^[\d ]{19}$/)
      yield* call("getCardPan", { cardId })
      const { activationCode } = yield* sandbox.makePhysicalCard()
      yield* sandbox.transaction({ cardId, amount: Id.amount("99"), currency: "USD" })
      yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("1"), currency: "USD" })
      const idNumber = "CANARY-PASSPORT"
      const kyc = { ...kycOf(customerId), idNumber: Redacted.make(idNumber) }
      const answer = yield* post("/kyc/submit", yield* requestOf("submitKyc", kyc, { token }))
      assert.strictEqual(answer.code, "4000002")
      yield* post("/kyc/submit", `{"token":"${token}","data":{"idNumber":"${idNumber}"`)
      yield* controls("GET", "/state")
      yield* controls("GET", "/state", undefined, "CANARY-CREDENTIAL")
      yield* controls("GET", "/card-key")
      yield* eventually(
        Effect.map(
          sandbox.deliveries,
          (all) => all.every(({ status }) => status === "abandoned") || undefined
        )
      )

      const text = heard.join("\n")
      assert.include(text, "Answered submitKyc with 4000002.")
      assert.include(text, "Sandbox.reply")
      assert.include(text, "was not acknowledged")
      const { privateKey } = yield* sandbox.cardKey()
      for (const secret of [
        token,
        pan,
        pan.replaceAll(" ", ""),
        idNumber,
        Redacted.value(activationCode),
        Redacted.value(merchant.secretKey),
        Redacted.value(merchant.apiKey),
        Redacted.value(privateKey),
        control,
        "CANARY-CREDENTIAL"
      ]) {
        assert.notInclude(text, secret)
      }
    }).pipe(
      Effect.provide(Caller.layer.pipe(Layer.provideMerge(overHttp({ resend: ["1 millis"] })))),
      Effect.provide(layer)
    )
  })
})

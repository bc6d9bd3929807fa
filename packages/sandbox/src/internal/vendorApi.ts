/** What the vendor answers to a call, and what becomes of the answer on the way back. */
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fault from "../Fault.js"
import type { Answer, Reply } from "../Sandbox.js"
import type { CallLog } from "./callLog.js"
import type { CardKey } from "./cardKey.js"
import type { Engine } from "./engine.js"
import * as Envelope from "./envelope.js"
import * as Faults from "./faults.js"
import * as Magic from "./magic.js"
import type { Nonces } from "./nonces.js"
import * as Operations from "./operations.js"
import { type Refusal, refuse } from "./refusal.js"
import * as Session from "./session.js"

export interface Parts {
  readonly engine: Engine
  readonly nonces: Nonces
  readonly log: CallLog
  readonly cardKeys: (merchantNo: string) => Effect.Effect<CardKey>
}

/** What was decided: `lost` when a magic value takes the answer away, before or after the effect. */
interface Decision {
  readonly answer: Answer | undefined
  readonly merchantNo: string | undefined
  readonly lost: boolean
}

export const make = ({
  cardKeys,
  engine,
  log,
  nonces
}: Parts): ((
  operation: Operation.Name,
  body: Uint8Array,
  from: string | undefined
) => Effect.Effect<Reply>) => {
  const { carryOut, command, tick, time, vocabulary, world } = engine
  const { contract } = vocabulary

  const failure = (code: string, detail: string | undefined, timestamp: number): Answer => {
    const meaning = vocabulary.meaningOfCode(code)
    return { code, msg: detail === undefined ? meaning : `${meaning}: ${detail}`, timestamp, data: null }
  }

  /** The names of a merchant and a loss become known on the way to a refusal too. */
  interface Trail {
    merchantNo?: string
    lost?: "before" | "after"
  }

  const serve = <N extends Operation.Name>(
    name: N,
    raw: Uint8Array,
    from: string | undefined,
    trail: Trail
  ): Effect.Effect<Codec.JsonValue, Refusal> =>
    command((step) =>
      Effect.gen(function* () {
        const exempt = Contract.exemptOf(contract, name)
        const terms = { world, nonces, version: contract.version, exempt, now: step.now, from }
        const { data, merchant, token } = yield* Envelope.open(terms, raw)
        trail.merchantNo = merchant.merchantNo
        if (name !== "login") {
          yield* Session.authenticate(step, merchant, token)
        }
        const input = yield* Effect.catchTag(
          Codec.decodeRequest(contract, name, data),
          "DataInvalid",
          (invalid) => refuse("BadParameters", invalid.message)
        )
        const forced = Magic.forced(step, name, input)
        if (forced?._tag === "Refused") {
          return yield* refuse(forced.name)
        }
        if (forced?._tag === "Lost") {
          trail.lost = forced.executed ? "after" : "before"
        }
        if (trail.lost === "before") {
          return null
        }
        const cardKey = cardKeys(merchant.merchantNo)
        const response = yield* Operations.run(name, { step, merchant, vocabulary, cardKey }, input)
        return yield* Effect.orDie(Codec.encodeResponse(contract, name, response))
      })
    )

  const decide = (
    operation: Operation.Name,
    body: Uint8Array,
    from: string | undefined
  ): Effect.Effect<Decision> =>
    Effect.gen(function* () {
      const trail: Trail = {}
      const outcome = yield* Effect.either(serve(operation, body, from, trail))
      const timestamp = yield* time.now
      const answer = Either.match(outcome, {
        onLeft: ({ detail, name }): Answer => failure(vocabulary.codeOf(name), detail, timestamp),
        onRight: (data): Answer => ({ code: contract.successCode, msg: "success", timestamp, data })
      })
      return {
        answer: trail.lost === "before" ? undefined : answer,
        merchantNo: trail.merchantNo,
        lost: trail.lost !== undefined
      }
    })

  const nothing: Decision = { answer: undefined, merchantNo: undefined, lost: false }

  const replyTo = (
    rule: Fault.CallRule | undefined,
    operation: Operation.Name,
    body: Uint8Array,
    from: string | undefined
  ): Effect.Effect<Reply> =>
    Effect.gen(function* () {
      const at = yield* time.now
      const isExecuted = rule === undefined || rule.fault === "slow" || rule.executed === true
      const wait = Effect.sleep(Duration.seconds(rule?.delaySeconds ?? 0))
      const waitsBefore = rule?.delaySeconds !== undefined && rule.executed !== true
      const waitsAfter = rule?.delaySeconds !== undefined && rule.executed === true
      if (waitsBefore) yield* wait
      const decision = isExecuted ? yield* decide(operation, body, from) : yield* Effect.as(tick, nothing)
      const { answer, lost, merchantNo } = decision
      const fault = lost ? "lost" : rule?.fault
      log.add({ at, operation, merchantNo, code: answer?.code, fault })
      yield* Effect.annotateCurrentSpan({ operation, code: answer?.code, fault })
      yield* Effect.logDebug(
        `Answered ${operation} with ${answer?.code ?? "nothing"}${fault === undefined ? "" : ` (${fault})`}.`
      )
      if (waitsAfter) yield* wait
      const timestamp = yield* time.now
      return lost ? closed : disturb(rule, answer, (code) => failure(code, undefined, timestamp))
    })

  return (operation, body, from) =>
    Effect.suspend(() => {
      const [rule, progress] = Faults.ofCall(world.settings.seed, world.settings.faults, operation)
      world.settings = { ...world.settings, faults: progress }
      const reply = replyTo(rule, operation, body, from)
      // A call that waits at the vendor's is not taken back by a caller who stops waiting: it is executed all the same.
      return rule?.delaySeconds === undefined ? reply : carryOut(reply)
    })
}

const closed: Reply = { _tag: "Closed", reset: false }

const errorPage = (status: number): string => {
  const title = status === 502 ? "502 Bad Gateway" : `${status} Error`
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
}

/** What the caller sees. Without an answer there was no effect. */
const disturb = (
  rule: Fault.CallRule | undefined,
  answer: Answer | undefined,
  failure: (code: string) => Answer
): Reply => {
  const usual = answer ?? failure("3000000")
  switch (rule?.fault) {
    case undefined:
    case "slow":
      return { _tag: "Answered", answer: usual }
    case "lost":
      return closed
    case "reset":
      return { _tag: "Closed", reset: true }
    case "status":
      return {
        _tag: "Text",
        status: rule.status ?? 503,
        contentType: "text/plain",
        text: "The service is not available."
      }
    case "html": {
      const status = rule.status ?? 502
      return { _tag: "Text", status, contentType: "text/html", text: errorPage(status) }
    }
    case "code":
      return { _tag: "Answered", answer: failure(rule.code ?? "3000000") }
    case "truncated": {
      const text = JSON.stringify(usual)
      return {
        _tag: "Text",
        status: 200,
        contentType: "application/json",
        text: text.slice(0, Math.ceil(text.length / 2))
      }
    }
  }
}

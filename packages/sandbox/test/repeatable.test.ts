import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Fault from "../src/Fault.js"
import {
  type Action,
  anything,
  badDay,
  beginning,
  callOf,
  chanceFrom,
  makeKnown,
  merchants,
  show
} from "./support/anything.js"
import { http } from "./support/http.js"
import { ok, type Received, type Reply, receiver, receiverBy } from "./support/receiver.js"
import * as Socket from "./support/socket.js"
import { control, overHttp, signed } from "./support/vendor.js"

/** Every kind of fault, each by its own rate. */
const everyFault = badDay(
  Fault.CallFault.literals.filter((fault) => fault !== "slow"),
  Fault.NotificationFault.literals
)

const options = (seed: string) => ({
  seed,
  merchants,
  clock: { frozen: true, startAt: "2026-03-01T09:30:00Z" },
  rules: { kycReviewAfterSeconds: 0 },
  resend: ["1 second", "5 seconds", "1 minute"] as const
})

/**
 * A receiver that is now well, now ill. What it answers depends on the text and on its phase, not on the order of arrival: of two
 * notifications that are on their way at once nobody can say which arrives first.
 */
const moody =
  (phase: () => number) =>
  (request: Received): Reply => {
    const replies: ReadonlyArray<Reply> = [
      { status: 200, body: "OK" },
      { status: 200, body: "OK" },
      { status: 500, body: "no" },
      undefined,
      { status: 200, body: "x".repeat(100_000) },
      { status: 302, body: "", location: "/elsewhere" }
    ]
    const sum = Array.from(request.body).reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7)
    return replies[(sum + phase()) % replies.length]
  }

/** A beginning, each operation once, and then two hundred things of any kind. */
const named = [...beginning, ...Operation.all.map(({ name }) => name)]
const steps = named.length + 200

/**
 * One life of a sandbox: what was done to it, what came back on each socket, and what it shows of itself in the end. Only what is
 * on its way is waited for, and only before the receiver changes its mind.
 */
const life = (seed: string, script: number) =>
  Effect.gen(function* () {
    const { paths } = yield* Contract.Contract
    let phase = 0
    const webhooks = yield* Effect.forEach(merchants, () => receiverBy(moody(() => phase)))
    const gone = yield* receiver(ok)
    gone.close()
    const authorization = { authorization: `Bearer ${control}`, "content-type": "application/json" }
    const post = (path: string, body: unknown) =>
      http(`/_sandbox${path}`, { method: "POST", headers: authorization, body: JSON.stringify(body) })
    const get = (path: string) =>
      Effect.map(http(`/_sandbox${path}`, { headers: authorization }), ({ text }) => text)
    const nothingOnItsWay = post("/clock-moves", { bySeconds: 0 })

    const known = makeKnown()
    const answers: Array<string> = []
    const log: Array<string> = []
    const run = (action: Action) =>
      Effect.gen(function* () {
        log.push(show(action))
        if (action._tag === "Move") {
          const { status, text } = yield* post(action.path, action.body)
          // How far the clock is from the machine's is the machine's doing.
          answers.push(`${status} ${text.replace(/"ahead":-?\d+/, '"ahead":0')}`)
          known.learn(action, text === "" ? undefined : JSON.parse(text))
          return
        }
        const { merchantNo } = merchants[action.by]
        const body = yield* signed(action.data, { token: action.token, envelope: { merchantNo } })
        const heard = yield* Socket.send(paths[action.name].path, body)
        const { body: text, status } = Socket.parts(heard)
        answers.push(JSON.stringify([action.name, status, heard.ended, heard.error, text]))
        try {
          const { code, data } = JSON.parse(text)
          known.learn(action, data)
          known.hear(action, code)
        } catch {
          // An answer that did not come, or cannot be read, teaches nothing.
        }
      })

    const chance = chanceFrom(script)
    for (const [index, { merchantNo }] of merchants.entries()) {
      yield* post("/callbacks", { merchantNo, url: webhooks[index]?.url })
      yield* run({ ...callOf("login", () => 0.5, known), by: index === 0 ? 0 : 1 } as Action)
    }
    for (let step = 0; step < steps; step++) {
      if (step === beginning.length) yield* post("/faults", everyFault)
      const name = named[step]
      const action = name === undefined ? anything(chance, known) : callOf(name, chance, known)
      // Every kind of fault stays in force to the end.
      yield* run(
        action._tag === "Move" && action.path === "/faults" ? callOf("login", chance, known) : action
      )
      if (step % 10 === 9) {
        yield* nothingOnItsWay
        phase += 1
        // Now and then nobody listens at the first merchant's.
        const url = phase % 4 === 3 ? gone.url : webhooks[0]?.url
        yield* post("/callbacks", { merchantNo: merchants[0].merchantNo, url })
      }
    }
    yield* post("/callbacks", { merchantNo: merchants[0].merchantNo, url: webhooks[0]?.url })
    yield* post("/clock-moves", { bySeconds: 86_400 })
    const ended = {
      deliveries: yield* get("/deliveries"),
      state: yield* get("/state"),
      calls: yield* get("/calls"),
      faults: yield* get("/faults")
    }
    const cards: ReadonlyArray<{ cardId: string }> = JSON.parse(ended.state).cards
    return {
      log,
      answers,
      ...ended,
      // The only place where a port stands: where the notifications are to go.
      state: webhooks.reduce((text, { url }) => text.replace(url, "the callback"), ended.state),
      ledgers: yield* Effect.forEach(cards, ({ cardId }) => get(`/cards/${cardId}/ledger`)),
      received: webhooks.map(({ received }) => received.map(({ body }) => body))
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(overHttp(options(seed))),
    Effect.provide(Logger.minimumLogLevel(LogLevel.Error))
  )

/** 4.11 and 4.12 are encrypted with padding by chance and a key pair of each sandbox's own: by nature never the same twice. */
const isEncrypted = (answer: string): boolean => /^\["getCardP(an|in)",200/.test(answer)

const sameBytes = (left: string, right: string, what: string): void => {
  if (left !== right) {
    const at = Array.from(left).findIndex((letter, index) => letter !== right[index])
    assert.fail(
      `${what} differ at ${at}:\n${left.slice(Math.max(0, at - 300), at + 300)}\n\n${right.slice(Math.max(0, at - 300), at + 300)}`
    )
  }
}

type Life = Effect.Effect.Success<ReturnType<typeof life>>

const sameLife = (first: Life, second: Life): void => {
  assert.deepStrictEqual(second.log, first.log)
  for (const [index, answer] of first.answers.entries()) {
    if (!isEncrypted(answer)) {
      assert.strictEqual(second.answers[index], answer, first.log[index])
    }
  }
  for (const part of ["deliveries", "state", "calls", "faults"] as const) {
    sameBytes(second[part], first[part], part)
  }
  assert.deepStrictEqual(second.ledgers, first.ledgers)
  // Each receiver got the same texts as often; in which order those came that were under way together is chance.
  for (const [index, bodies] of first.received.entries()) {
    assert.deepStrictEqual([...(second.received[index] ?? [])].sort(), [...bodies].sort())
  }
  assert.notInclude(first.deliveries, "127.0.0.1")
}

/** Which faults befell anything in a life. */
const befell = ({ calls, deliveries }: Life): ReadonlyArray<string> => {
  const counts: ReadonlyArray<{ readonly fault?: string }> = JSON.parse(calls).counts
  const told: ReadonlyArray<{ readonly faults: ReadonlyArray<string> }> = JSON.parse(deliveries)
  return [...counts.flatMap(({ fault }) => fault ?? []), ...told.flatMap(({ faults }) => faults)]
}

describe("the same seed", () => {
  it.scopedLive(
    "gives the same life to the byte, every kind of bad day included",
    () =>
      Effect.gen(function* () {
        const faults = new Set<string>()
        for (const script of [1, 2, 3]) {
          const first = yield* life("x", script)
          sameLife(first, yield* life("x", script))
          for (const fault of befell(first)) faults.add(fault)
          const attempts: ReadonlyArray<ReadonlyArray<unknown>> = JSON.parse(first.deliveries).map(
            (delivery: { readonly attempts: ReadonlyArray<unknown> }) => delivery.attempts
          )
          assert.isAtLeast(attempts.flat().length, 100, "sends were many")
        }
        const all = [...everyFault.calls, ...everyFault.notifications].map(({ fault }) => fault)
        assert.sameMembers([...faults], [...new Set(all)])
      }),
    60_000
  )

  it.scopedLive("is what makes it so: another one gives other ids, faults and notifications", () =>
    Effect.gen(function* () {
      const first = yield* life("x", 1)
      const other = yield* life("y", 1)
      assert.notStrictEqual(other.deliveries, first.deliveries)
      assert.notStrictEqual(other.faults, first.faults)
      assert.isFalse(
        first.answers.some((answer) => answer.includes("expireTime") && other.answers.includes(answer))
      )
    })
  )
})

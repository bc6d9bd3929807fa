/** `pnpm bench sandbox`: what a sandbox with 100,000 customers and cards costs, beside one with a single customer. */
import { createServer } from "node:http"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { median, type Plan } from "../measure.js"
import { type Caller, logIn, type Subject } from "./caller.js"

const customers = 100_000

/** Calls of each kind in one turn. */
const turn = 200

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const heap = (): number => {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

interface Contestant {
  readonly caller: Caller
  readonly subjects: ReadonlyArray<Subject>
}

/** A sandbox on a port of its own, with this many customers, each with a card and money on it. */
const open = (count: number) =>
  Effect.gen(function* () {
    const server = SandboxServer.layer.pipe(
      Layer.provideMerge(
        Sandbox.layerTest({
          seed: 1,
          rules: { settleAfterSeconds: 0 },
          // Nobody listens; kept waiting, the notifications would be what is measured.
          faults: { notifications: [{ fault: "lost" }] }
        })
      ),
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.provide(NodeHttpClient.layer)
    )
    const context = yield* Layer.build(server)
    const url = yield* HttpServer.addressFormattedWith((address) => Effect.succeed(address)).pipe(
      Effect.provide(context)
    )
    const caller = yield* logIn(Context.get(context, Sandbox.Sandbox), url)
    const subjects: Array<Subject> = []
    for (let index = 0; index < count; index++) {
      subjects.push(yield* caller.newSubject(index))
    }
    return { caller, subjects }
  })

const kinds = ["read", "list", "top up", "buy", "over HTTP"] as const

type Kind = (typeof kinds)[number]

/** Microseconds for one call of this kind, the subjects chosen by a fixed stride over all of them. */
const time = ({ caller, subjects }: Contestant, kind: Kind, round: number) =>
  Effect.gen(function* () {
    const began = performance.now()
    for (let index = 0; index < turn; index++) {
      const subject = subjects[((round * turn + index) * 7919) % subjects.length]
      if (subject !== undefined) {
        yield* caller.call(kind, subject, `${round}-${index}`)
      }
    }
    return ((performance.now() - began) * 1000) / turn
  })

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`

const program = ({ rounds }: Plan) =>
  Effect.gen(function* () {
    const before = heap()
    const small = yield* open(1)
    const between = heap()
    const large = yield* open(customers)
    const after = heap()
    console.log(
      `A sandbox with ${customers.toLocaleString("en")} customers and cards, each topped up once, beside one with a single customer.`
    )
    console.log(`  heap: ${megabytes(between - before)} and ${megabytes(after - between)},`)
    console.log(
      `  ${Math.round((after - between) / customers)} bytes for a customer with a card, an order and a notification\n`
    )
    const ratios = new Map<Kind, number>()
    for (const kind of kinds) {
      const times: Array<readonly [small: number, large: number]> = []
      for (let round = -2; round < rounds; round++) {
        // They take turns in being first.
        const pair =
          round % 2 === 0
            ? ([yield* time(small, kind, round + 2), yield* time(large, kind, round + 2)] as const)
            : yield* Effect.map(
                Effect.all([time(large, kind, round + 2), time(small, kind, round + 2)]),
                ([second, first]) => [first, second] as const
              )
        if (round >= 0) times.push(pair)
      }
      const ratio = median(times.map(([first, second]) => first / second))
      ratios.set(kind, ratio)
      const perSecond = (index: 0 | 1): string =>
        Math.round(1e6 / median(times.map((pair) => pair[index]))).toFixed(0)
      console.log(
        `  ${kind.padEnd(12)}${perSecond(0).padStart(8)}/s empty${perSecond(1).padStart(8)}/s full${ratio.toFixed(2).padStart(8)}`
      )
    }
    console.log(
      `\nThe last column is the full one's speed by the empty one's; the worst is ${Math.min(...ratios.values()).toFixed(2)}.\n`
    )
  })

export const sandbox = (plan: Plan): Promise<void> =>
  Effect.runPromise(Effect.scopedWith((scope) => Scope.extend(program(plan), scope)))

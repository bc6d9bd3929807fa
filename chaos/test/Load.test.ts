import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as NodeServer from "@effect-yunmo/node/NodeServer"
import * as Effect from "effect/Effect"
import * as Load from "../src/Load.js"
import * as Message from "../src/Message.js"
import * as Sender from "../src/Sender.js"
import * as Tally from "../src/Tally.js"
import { oks } from "./support.js"

/** Answers each delivery that arrives in whole with what the test says of how often it came. */
const receiver = (status: (times: number) => number) =>
  Effect.gen(function* () {
    const arrived = new Map<string, number>()
    const order: Array<string> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("error", () => undefined)
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const digest = Message.digestOf(Buffer.concat(chunks))
        const times = (arrived.get(digest) ?? 0) + 1
        arrived.set(digest, times)
        order.push(digest)
        const code = status(times)
        response.writeHead(code, { "Retry-After": "1" }).end(code === 200 ? "OK" : "later")
      })
    })
    const url = yield* Effect.acquireRelease(
      NodeServer.listen(server, { host: "127.0.0.1", port: 0, settings: { host: "", port: "" } }),
      () => NodeServer.close(server, "1 second")
    )
    return { arrived, order, url }
  })

const run = (url: string, plan: Partial<Load.Plan>) =>
  Effect.gen(function* () {
    const tally = Tally.make()
    const load = Load.make({ seed: 3, count: 400, url: () => url, ...plan }, yield* Sender.make, tally)
    yield* load.run
    assert.strictEqual(load.done(), load.total)
    assert.strictEqual(load.underWay(), 0)
    return { load, tally }
  })

describe("a load", () => {
  it.scopedLive("delivers every message, three of ten again, with connections cut", () =>
    Effect.gen(function* () {
      const { arrived, order, url } = yield* receiver(() => 200)
      const { load, tally } = yield* run(url, { count: 1_000 })
      assert.strictEqual(tally.sent.size, 1_000)
      assert.sameMembers([...arrived.keys()], [...tally.sent.keys()])
      assert.strictEqual(oks(tally), load.total)
      const again = [...tally.sent.values()].filter(({ oks }) => oks > 1).length
      assert.isTrue(again > 200 && again < 400, `${again} again`)
      const cuts = tally.answers.get("cut by the client") ?? 0
      assert.isTrue(cuts > 0.05 * load.total && cuts < 0.2 * load.total, `${cuts} cut`)
      const numbers = order.map((digest) => tally.sent.get(digest)?.index ?? -1)
      assert.notDeepEqual(
        numbers,
        numbers.toSorted((one, other) => one - other)
      )
      for (const [digest, { oks, whole }] of tally.sent) {
        const times = arrived.get(digest) ?? 0
        assert.isTrue(oks <= times && times <= whole, `${oks} OKs, ${times} arrived, ${whole} whole`)
      }
    })
  )

  it.scopedLive("tries again until it gets its OK", () =>
    Effect.gen(function* () {
      const { url } = yield* receiver((times) => (times < 3 ? 503 : 200))
      const { tally } = yield* run(url, { count: 60, duplicates: 0, cuts: 0 })
      assert.deepStrictEqual(Object.fromEntries(tally.answers), { "503": 120, "200 OK": 60 })
      assert.strictEqual(tally.givenUp(), 0)
      assert.deepStrictEqual(tally.wrong, [])
    })
  )

  it.scopedLive("gives up after its tries", () =>
    Effect.gen(function* () {
      const { url } = yield* receiver(() => 503)
      const { tally } = yield* run(url, { count: 20, duplicates: 0, cuts: 0, tries: 3 })
      assert.deepStrictEqual(Object.fromEntries(tally.answers), { "503": 60 })
      assert.strictEqual(tally.givenUp(), 20)
    })
  )
})

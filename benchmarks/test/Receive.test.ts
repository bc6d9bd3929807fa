import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { contestants, open } from "../src/receive/contestants.js"
import { notifications } from "../src/receive/messages.js"
import { startGenerator } from "../src/receive/process.js"
import { bySize } from "../src/receive/size.js"
import { take } from "../src/receive/turn.js"
import { secret } from "../src/signing/samples.js"

const load = { connections: 8, seed: 7, from: 0, count: 96 }

const byDefault = contestants.filter(({ onlyWhenNamed }) => !onlyWhenNamed)

describe("the bench of receiving", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "yunmo-bench-test-"))
  const generator = startGenerator()
  const scope = Effect.runSync(Scope.make())
  let postgres = ""

  beforeAll(async () => {
    postgres = (await Effect.runPromise(Scope.extend(Postgres.server, scope))).urlOf("postgres")
  }, 120_000)
  afterAll(async () => {
    await generator.stop()
    await Effect.runPromise(Scope.close(scope, Exit.void))
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it("sends notifications of 977 bytes, no two the same, the same ones for a seed", () => {
    const keys = [SigningKey.make("bench", secret)]
    const texts = [...notifications(7, 0, 200), ...notifications(7, 200, 200)]
    assert.strictEqual(new Set(texts).size, 400)
    assert.deepStrictEqual(notifications(7, 0, 200), texts.slice(0, 200))
    for (const text of texts) {
      assert.strictEqual(Buffer.byteLength(text), 977)
      assert.isTrue(Either.isRight(Verifier.verifyWith(keys, text)))
    }
  })

  it.each(byDefault)("$id keeps each notification it answers with OK, in full sync", async (contestant) => {
    const running = await open(contestant, { folder, postgres })
    try {
      const turn = await take(running, generator, load)
      assert.strictEqual(turn.ok, load.count)
      assert.isAbove(turn.serverCpu, 0)
      assert.isAtLeast(turn.p99, turn.p50)
      assert.strictEqual(await running.store.rows(), load.count)
      const again = await generator.run({ ...load, port: running.server.port })
      assert.strictEqual(again.ok, load.count)
      assert.strictEqual(await running.store.rows(), load.count)
    } finally {
      await running.server.stop()
    }
  })

  it.each(byDefault)("$id refuses what is not signed, and the bench says so", async (contestant) => {
    const named = { ...contestant, id: `${contestant.id}-refusing` }
    const running = await open(named, { folder, postgres })
    try {
      const failure = await take(running, generator, { ...load, forged: true }).then(
        () => "",
        (error: Error) => error.message
      )
      assert.match(failure, /answered not only OK: \[\["401 [^"]*",96\]\]/)
      assert.strictEqual(await running.store.rows(), 0)
    } finally {
      await running.server.stop()
    }
  })

  it("fills inboxes of two sizes, receives into both and dispatches from both (P5)", async () => {
    const sizes = { small: 1000, large: 3000, turn: 64 }
    const ratios = await bySize({ connections: 8, rounds: 1, seed: 7 }, folder, sizes)
    assert.lengthOf(ratios, 3)
    assert.isTrue(ratios.every((ratio) => ratio > 0))
  })
})

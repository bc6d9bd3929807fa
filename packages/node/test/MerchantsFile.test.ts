import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as MerchantsFile from "../src/MerchantsFile.js"
import { eventually, folder } from "./support.js"

const file = (path: string, value: unknown) => {
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 })
  return path
}

const problemsOf = (value: unknown, takenPaths?: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const path = file(join(yield* folder, "merchants.json"), value)
    const failure = yield* Effect.flip(MerchantsFile.load({ path, takenPaths }))
    // Whatever the way it is printed, no secret is in it.
    assert.notInclude(`${failure.message}${inspect(failure)}${String(failure.stack)}`, "CANARY")
    assert.include(failure.message, `The merchants file ${path} (YUNMO_MERCHANTS_FILE) cannot be used: `)
    return failure.problems
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

const keys = (loaded: MerchantsFile.Loaded) =>
  loaded.merchants.map(({ keyRing, merchantNo, path }) => [
    merchantNo,
    path,
    keyRing.signing.id,
    keyRing.accepted.map(({ id, secret }) => `${id}=${Redacted.value(secret)}`)
  ])

const signed = (secret: string) =>
  Signer.signWith(SigningKey.make("test", secret), {
    envelope: { merchantNo: "BU1", version: "v1.0", eventType: "TRADE", eventName: "trade" },
    data: { orderNo: "OR1" }
  }).pipe(Effect.map(({ body }) => Redacted.value(body)))

const unusable = "is empty, or has blanks or line ends around it: copy it again from the merchant console"

describe("load", () => {
  it.scopedLive("reads secrets, named keys, and files of secrets beside the file", () =>
    Effect.gen(function* () {
      const base = yield* folder
      file(join(base, "second.key"), "from-file\n")
      const path = file(join(base, "merchants.json"), {
        merchants: [
          { merchantNo: "BU1", secretKeys: ["new", "old"] },
          {
            merchantNo: "BU2",
            path: "/second",
            secretKeys: [
              { id: "2026-11", file: "second.key" },
              { id: "2026-05", secret: "before" }
            ]
          }
        ]
      })
      const loaded = yield* MerchantsFile.load({ path })
      assert.deepStrictEqual(keys(loaded), [
        ["BU1", undefined, "signing", ["signing=new", "accepted-1=old"]],
        ["BU2", "/second", "2026-11", ["2026-11=from-file", "2026-05=before"]]
      ])
      assert.deepStrictEqual(loaded.files, [path, join(base, "second.key")])
      assert.deepStrictEqual(loaded.exposed, [])
      assert.notInclude(inspect(loaded, { depth: 9 }) + JSON.stringify(loaded), "from-file")
      chmodSync(join(base, "second.key"), 0o644)
      assert.deepStrictEqual((yield* MerchantsFile.load({ path })).exposed, [join(base, "second.key")])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live("says of each merchant and field what is wrong, all at once, and nothing of the secrets", () =>
    Effect.gen(function* () {
      const problems = yield* problemsOf(
        {
          merchants: [
            { merchantNo: "BU1", secretKeys: [" CANARY"], acceptedSecretKeys: ["CANARY"] },
            {
              merchantNo: "BU2",
              secretKeys: [{ id: "a b", secret: "CANARY" }, 7, { secret: "CANARY", file: "x" }]
            },
            { merchantNo: "BU3", secretKeys: [{ id: "a", file: "nothing.key" }], path: "no slash" },
            { merchantNo: "BU4", secretKeys: [], path: "/x" },
            { merchantNo: " BU5", secretKeys: ["CANARY"] },
            { merchantNo: "BU6", secretKeys: ["CANARY"], path: "/taken" },
            {
              merchantNo: "BU6",
              secretKeys: ["CANARY1", { id: "signing", secret: "CANARY2" }],
              path: "/taken"
            },
            "CANARY"
          ],
          secret: "CANARY"
        },
        ["/taken"]
      )
      const expected = [
        "it.secret is not known here (there is merchants)",
        "merchant BU1.acceptedSecretKeys is not known here (there is merchantNo, secretKeys, path)",
        "merchant BU2: secretKeys[0].id is not a name of up to 64 letters, digits, dots and dashes",
        'merchant BU2: secretKeys[1] is neither a secret nor an object like {"id": "2026-11", "file": "acme.key"}',
        "merchant BU2: secretKeys[2] has both secret and file; give one of them",
        "merchant BU3: path does not begin with /, or has blanks, ? or #",
        "merchant BU4: secretKeys is not a list with at least one key",
        "merchants[4].merchantNo is not a merchant number",
        "merchants[7] is not an object with merchantNo and secretKeys",
        "merchant BU6 is given twice",
        "path /taken is given twice",
        "merchant BU6: path is /taken, which is taken; choose another",
        "merchant BU6: path is /taken, which is taken; choose another",
        `merchant BU1: secretKeys[0] ${unusable}`
      ]
      assert.deepStrictEqual(problems.slice(0, expected.length), expected)
      assert.match(
        problems.slice(expected.length).join(),
        /^merchant BU6: .*two keys.*|merchant BU6: .*id.*signing/i
      )
    })
  )

  it.live("says what is wrong with the file as a whole", () =>
    Effect.gen(function* () {
      assert.match((yield* problemsOf('{"merchants": CANARY')).join(), /^it is not JSON/)
      for (const value of ["[]", "7", "null", "{}", { merchants: [] }, { merchants: {} }]) {
        assert.deepStrictEqual(yield* problemsOf(value), [
          'it is not an object like {"merchants": [ … ]} with at least one merchant'
        ])
      }
      const missing = yield* Effect.flip(MerchantsFile.load({ path: "/no/such/merchants.json" }))
      assert.deepStrictEqual(missing.problems, ["it does not exist"])
      assert.deepStrictEqual(
        yield* problemsOf({ merchants: [{ merchantNo: "BU1", secretKeys: [{ file: "no.key" }] }] }).pipe(
          Effect.map((problems) => problems.map((problem) => problem.replace(/\/\S*\//, "")))
        ),
        ["merchant BU1: secretKeys[0] names the file no.key, which does not exist"]
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("layer", () => {
  const one = (...secretKeys: ReadonlyArray<unknown>) => ({ merchants: [{ merchantNo: "BU1", secretKeys }] })

  const opened = (path: string) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const capture = Logger.replace(
        Logger.defaultLogger,
        Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
      )
      const first = yield* MerchantsFile.load({ path })
      const context = yield* Layer.build(
        MerchantsFile.layer({ path, interval: "20 millis" }, first).pipe(Layer.provide(capture))
      )
      const accepts = (secret: string) =>
        Effect.gen(function* () {
          const verifier = (yield* Merchants.Merchants).find("BU1")
          return (
            verifier !== undefined &&
            Either.isRight(yield* Effect.either(verifier.verify(yield* signed(secret))))
          )
        }).pipe(Effect.provide(context))
      return { accepts, lines }
    })

  it.scopedLive("takes new keys when the file changes, and when a file of keys does", () =>
    Effect.gen(function* () {
      const base = yield* folder
      const path = file(join(base, "merchants.json"), one("first"))
      const { accepts, lines } = yield* opened(path)
      assert.deepStrictEqual([yield* accepts("first"), yield* accepts("second")], [true, false])
      // As a careful writer does it.
      file(join(base, "next"), one("second", "first"))
      renameSync(join(base, "next"), path)
      yield* eventually(accepts("second"))
      assert.isTrue(yield* accepts("first"))

      file(join(base, "third.key"), "third\n")
      file(path, one({ id: "k", file: "third.key" }))
      yield* eventually(accepts("third"))
      assert.isFalse(yield* accepts("second"))
      // A file that was named only now is watched as well.
      file(join(base, "third.key"), "fourth\n")
      yield* eventually(accepts("fourth"))
      assert.isFalse(yield* accepts("third"))
      assert.notMatch(lines.join("\n"), /third|fourth|second/)
      assert.include(lines.join("\n"), "Merchants and keys were replaced: BU1 (k)")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("follows a symbolic link that is turned, as secrets mounted into containers are", () =>
    Effect.gen(function* () {
      const base = yield* folder
      file(join(base, "a.json"), one("first"))
      file(join(base, "b.json"), one("other"))
      const path = join(base, "merchants.json")
      symlinkSync(join(base, "a.json"), path)
      const { accepts } = yield* opened(path)
      symlinkSync(join(base, "b.json"), `${path}.next`)
      renameSync(`${path}.next`, path)
      yield* eventually(accepts("other"))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("keeps the keys in use when the file breaks or goes, says so, and recovers", () =>
    Effect.gen(function* () {
      const path = file(join(yield* folder, "merchants.json"), one("first"))
      const { accepts, lines } = yield* opened(path)
      const broken = Effect.map(Metric.value(MerchantsFile.broken), ({ value }) => value)
      assert.strictEqual(yield* broken, 0)
      file(path, '{"merchants": [CANARY')
      yield* eventually(Effect.map(broken, (value) => value === 1))
      assert.isTrue(yield* accepts("first"))
      rmSync(path)
      yield* eventually(Effect.sync(() => lines.some((line) => line.includes("it does not exist"))))
      assert.isTrue(yield* accepts("first"))
      assert.isTrue(
        lines.some((line) => line.includes('"logLevel":"ERROR"') && line.includes("The keys in use are kept"))
      )
      file(path, one("second"))
      yield* eventually(accepts("second"))
      assert.strictEqual(yield* broken, 0)
      assert.notInclude(lines.join("\n"), "CANARY")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive(
    "takes a file of which a key was missing once that is there, and says so once meanwhile",
    () =>
      Effect.gen(function* () {
        const base = yield* folder
        const path = file(join(base, "merchants.json"), one("first"))
        const { accepts, lines } = yield* opened(path)
        file(path, one({ file: "late.key" }, "first"))
        const refusals = () => lines.filter((line) => line.includes("The keys in use are kept")).length
        yield* eventually(Effect.sync(() => refusals() > 0))
        yield* Effect.sleep("400 millis")
        assert.strictEqual(refusals(), 1)
        assert.isTrue(yield* accepts("first"))
        // The merchants file itself stays as it is.
        file(join(base, "late.key"), "late\n")
        yield* eventually(accepts("late"))
        assert.strictEqual((yield* Metric.value(MerchantsFile.broken)).value, 0)
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("says that paths take effect with a restart only", () =>
    Effect.gen(function* () {
      const path = file(join(yield* folder, "merchants.json"), one("first"))
      const { accepts, lines } = yield* opened(path)
      file(path, { merchants: [{ merchantNo: "BU1", secretKeys: ["second"], path: "/own" }] })
      yield* eventually(accepts("second"))
      yield* eventually(Effect.sync(() => lines.some((line) => line.includes("with a restart only"))))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

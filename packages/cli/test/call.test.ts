import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Program from "@effect-yunmo/node/Program"
import * as Effect from "effect/Effect"
import { answered } from "../src/internal/callProgram.js"
import { commands, customer, merchant, sandbox, start } from "./running.js"
import { file, folder, yunmo } from "./support.js"

const development = (url: string) => ({
  YUNMO_MERCHANT_NO: "BU000000001",
  YUNMO_API_KEY: "sandbox-api-key",
  YUNMO_SECRET_KEY: "sandbox-secret-key",
  YUNMO_BASE_URL: url
})

/** `yunmo call` against this address, with other settings over those of a sandbox. */
const caller =
  (url: string, settings: Readonly<Record<string, string>> = {}) =>
  (...words: ReadonlyArray<string>) =>
    yunmo(["call", ...words], "", { ...development(url), ...settings })

/** What it says and with which exit code, in this process, where nobody listens. */
const inProcess = (words: ReadonlyArray<string>) =>
  answered(words).pipe(
    Effect.match({
      onFailure: ({ exitCode = 2, sentence }) => ({ exitCode, sentence }),
      onSuccess: ({ exitCode, notes = [] }) => ({ exitCode, sentence: notes.join("\n") })
    }),
    Effect.withConfigProvider(Program.environment(development(nobody))),
    Effect.provide(NodeFileSystem.layer)
  )

const nobody = "http://127.0.0.1:9"

/** A sandbox whose calls can be made to go wrong. */
const misbehaving = Effect.gen(function* () {
  const { url } = yield* sandbox("--seed", "monday")
  const { inspect, trigger } = commands(url)
  return {
    url,
    call: caller(url),
    inspect,
    fault: (rule: Readonly<Record<string, unknown>>) =>
      trigger("faults", "--plan", JSON.stringify({ calls: [rule] }))
  }
})

describe("yunmo call", { timeout: 120_000 }, () => {
  it.scopedLive("creates, reads, and tells what the vendor refuses", () =>
    Effect.gen(function* () {
      const { url } = yield* sandbox("--seed", "monday", "--frozen", "--clock", "2026-03-01T09:30:00Z")
      const call = caller(url)
      const given = JSON.stringify({ customerCode: "ada" })

      const created = yield* call("createCustomer", "--data", given)
      assert.deepStrictEqual([created.code, created.stderr], [0, ""])
      assert.match(
        created.stdout,
        new RegExp(
          `^from {2}${url}\ncode {2}200\nmsg {3}\\S.*\ntime {2}2026-03-01T09:30:00\\.000Z\ndata {2}\\{\n {2}"customerId": "\\w+"`
        )
      )

      const read = yield* call("queryCustomer", "--json", "--data", `@${yield* file(given)}`)
      assert.deepStrictEqual([read.code, read.stderr], [0, ""])
      const { data, ...answer } = JSON.parse(read.stdout)
      assert.deepStrictEqual(
        [answer.operation, answer.url, answer.code, answer.timestamp, answer.hidden],
        ["queryCustomer", url, "200", Date.parse("2026-03-01T09:30:00Z"), 0]
      )
      assert.strictEqual(data.customerCode, "ada")
      const piped = yield* yunmo(["call", "queryCustomer", "--data", "-", "--json"], given, development(url))
      assert.deepStrictEqual(JSON.parse(piped.stdout).data, data)

      const refused = yield* call("createCustomer", "--data", given)
      assert.strictEqual(refused.code, 1)
      assert.match(refused.stdout, /^code {2}4000004\nmsg {3}.*\ntime {2}2026-03-01T09:30:00\.000Z\n$/)
      assert.match(
        refused.stderr,
        /^yunmo: YUNMO answered createCustomer with 4000004: customer code already/
      )
      assert.match(refused.stderr, /Correct the request/)
      const asJson = JSON.parse((yield* call("createCustomer", "--data", given, "--json")).stdout)
      assert.deepStrictEqual([asJson.error.code, asJson.code], ["CustomerCodeExists", "4000004"])
    })
  )

  it.scopedLive("takes a path, of the table or of one's own", () =>
    Effect.gen(function* () {
      const { call, inspect } = yield* misbehaving
      const samples = yield* call("/Card/Samples/", "--json")
      assert.deepStrictEqual([samples.code, JSON.parse(samples.stdout).operation], [0, "listCardSamples"])
      const [sample] = JSON.parse(samples.stdout).data
      assert.match(sample.cardSampleId, /^CS/, "what the table knows of it shows")

      const missing = yield* call("/card/label", "--data", "{}")
      assert.strictEqual(missing.code, 3)
      assert.match(
        missing.stderr,
        /^yunmo: Whether \/card\/label was executed is not known; it may have been\./
      )
      assert.match(missing.stderr, /HTTP 404.*ask with a read/)
      const read = yield* call("/card/label", "--safety", "read")
      assert.strictEqual(read.code, 2)
      assert.match(read.stderr, /^yunmo: \/card\/label was answered with HTTP 404/)
      assert.notInclude(read.stderr, "may have been")
      assert.match((yield* inspect("summary")).text, /^customers +0/m)

      const contract = join(yield* folder, "contract.json")
      writeFileSync(contract, JSON.stringify({ paths: { queryCustomer: "/v9/customer" } }))
      const moved = yield* call("queryCustomer", "--contract", contract)
      assert.deepStrictEqual([moved.code, /HTTP 404/.test(moved.stderr)], [2, true])
    })
  )

  it.scopedLive("says of a lost answer that it may have been executed, and how to find out", () =>
    Effect.gen(function* () {
      const { call, fault, inspect } = yield* misbehaving
      yield* fault({ fault: "lost", operations: ["createCustomer"], executed: true, times: 1 })
      const lost = yield* call("createCustomer", "--data", `{"customerCode":"ada"}`)
      assert.deepStrictEqual([lost.code, lost.stdout], [3, ""])
      assert.match(
        lost.stderr,
        /^yunmo: Whether createCustomer was executed is not known; it may have been\. /
      )
      assert.match(lost.stderr, /Do not send it again before you know: yunmo call queryCustomer tells\.\n$/)
      const told = yield* call("queryCustomer", "--data", `{"customerCode":"ada"}`)
      assert.strictEqual(told.code, 0, "it was executed, and once")

      yield* fault({ fault: "code", operations: ["createCustomer"], executed: true, times: 1 })
      const unclear = yield* call("createCustomer", "--json", "--data", `{"customerCode":"bob"}`)
      const { code, error } = JSON.parse(unclear.stdout)
      assert.deepStrictEqual([unclear.code, code, error.code], [3, "3000000", "OutcomeUnknown"])
      assert.match((yield* inspect("summary")).text, /^customers +2/m)

      yield* fault({ fault: "reset", operations: ["queryCustomer"], times: 1 })
      const again = yield* call("queryCustomer", "--data", `{"customerCode":"ada"}`)
      assert.strictEqual(again.code, 0, "a read is tried again")
      yield* fault({ fault: "code", operations: ["queryCustomer"] })
      assert.strictEqual((yield* call("queryCustomer", "--data", `{"customerCode":"ada"}`)).code, 1)
    })
  )

  it.scopedLive("says of an operation that was repeated that an attempt before may have been executed", () =>
    Effect.gen(function* () {
      const { call, fault, url } = yield* misbehaving
      const vendor = yield* merchant(url)
      const customerId = yield* customer(vendor, "ada")
      yield* commands(url).trigger("kyc.passed", "--customer", customerId)
      const cardId = yield* vendor.call("createVirtualCard", { customerId, cardSampleId: "CS0001" }, "cardId")
      yield* fault({ fault: "lost", operations: ["freezeCard"], executed: true })
      const frozen = yield* call("freezeCard", "--data", JSON.stringify({ cardId }))
      assert.strictEqual(frozen.code, 3)
      assert.match(
        frozen.stderr,
        /Sending it again does what the first did; yunmo call getCardDetail tells whether it is needed\.\n$/
      )
    })
  )

  it.scopedLive("is waited for when it is stopped, unless it only reads", () =>
    Effect.gen(function* () {
      const { fault, inspect, url } = yield* misbehaving
      yield* fault({ fault: "lost", operations: ["createCustomer"], executed: true, delaySeconds: 2 })
      const run = yield* start(
        ["call", "createCustomer", "--data", `{"customerCode":"ada"}`],
        development(url)
      )
      yield* Effect.repeat(inspect("summary"), { until: ({ text }) => /^customers +1/m.test(text) })
      run.child.kill("SIGINT")
      assert.strictEqual(yield* Effect.promise(() => run.ended), 3)
      assert.match(run.stderr(), /^yunmo: Whether createCustomer was executed is not known/)
    })
  )

  it.scopedLive("hides what is secret, and what nobody knows, unless it is asked for", () =>
    Effect.gen(function* () {
      const { call, url } = yield* misbehaving
      const vendor = yield* merchant(url)
      const customerId = yield* customer(vendor, "ada")
      const live = yield* call("getLivenessUrl", "--data", JSON.stringify({ customerId }))
      assert.include(live.stdout, `"url": "<hidden>"`)
      yield* commands(url).trigger("kyc.passed", "--customer", customerId)
      const cardId = yield* vendor.call("createVirtualCard", { customerId, cardSampleId: "CS0001" }, "cardId")
      const card = ["--data", JSON.stringify({ cardId })]
      const detail = yield* call("getCardDetail", ...card)
      assert.deepStrictEqual(
        [detail.code, detail.stderr],
        [0, "yunmo: One value is hidden; --show-secrets shows it.\n"]
      )
      assert.include(detail.stdout, `"cardId": "${cardId}"`)
      assert.include(detail.stdout, `"maskedCardNumber": "<hidden>"`)

      for (const [operation, field] of [
        ["getCardPan", "encryptData"],
        ["getCardPin", "encryptData"],
        ["getCardPanHtml", undefined]
      ] as const) {
        const valueOf = ({ stdout }: { readonly stdout: string }) => {
          const { data } = JSON.parse(stdout)
          return field === undefined ? data : data[field]
        }
        assert.strictEqual(valueOf(yield* call(operation, ...card, "--json")), "<hidden>", operation)
        const seen = yield* call(operation, ...card, "--json", "--show-secrets")
        assert.deepStrictEqual([seen.code, seen.stderr], [0, ""], operation)
        assert.isAbove(valueOf(seen).length, 20, operation)
      }
    })
  )

  it.scopedLive("hides fields and messages of an answer that no schema knows", () =>
    Effect.gen(function* () {
      const number = "4111111111111111"
      const server = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const made = createServer((request, response) => {
            request.resume().on("end", () =>
              response.end(
                JSON.stringify({
                  code: "200",
                  msg: "labelled mine-alone\u001b[2J",
                  timestamp: 1,
                  data:
                    request.url === "/auth/login"
                      ? { token: "token-of-login", expireTime: 9_999_999_999_999 }
                      : {
                          cardId: "CD1",
                          status: "1",
                          cardNumber: number,
                          list: [{ cvv: "123", none: null }],
                          byNumber: { [number]: true }
                        }
                })
              )
            )
          })
          made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) =>
          Effect.sync(() => {
            made.close()
            made.closeAllConnections()
          })
      )
      const address = server.address()
      assert(typeof address === "object" && address !== null)
      const call = caller(`http://127.0.0.1:${address.port}`)
      const known = yield* call("getCardDetail", "--data", `{"cardId":"CD1"}`, "--json")
      assert.deepStrictEqual(JSON.parse(known.stdout).data, {
        cardId: "CD1",
        status: "1",
        cardNumber: "<hidden>",
        list: [{ cvv: "<hidden>", none: null }],
        byNumber: "<hidden>"
      })
      const own = yield* call("/card/label", "--data", `{"label":"mine-alone"}`)
      assert.strictEqual(own.code, 0)
      assert.include(own.stdout, `"cardId": "<hidden>"`)
      assert.match(own.stdout, /^msg {3}labelled <hidden>\ufffd\[2J$/m)
      assert.notInclude(own.stdout + known.stdout, number)
      const all = yield* call("/card/label", "--data", `{"label":"mine-alone"}`, "--show-secrets")
      assert.include(all.stdout, `"cardNumber": "${number}"`)
      assert.include(all.stdout, "labelled mine-alone")
    })
  )

  it.scopedLive("says in a sentence what was asked for wrongly, before anything is sent", () =>
    Effect.gen(function* () {
      const call = caller(nobody)
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [[], /Name the operation, or a path, right behind yunmo call; see/],
        [["--json"], /Name the operation, or a path/],
        [["getCardDetails"], /did you mean getCardDetail\? See yunmo call --help\.$/m],
        [["QUERYCUSTOMER"], /did you mean queryCustomer\?/],
        [["Sk9fQ2vX7mPz4LwT"], /There is no operation of that name, and a path begins with \//],
        [["queryCustomer", "--data", "{"], /The data of --data cannot be read .* at position 1: /],
        [["queryCustomer", "--data", "[]"], /NotAnObject/],
        [["queryCustomer", "--data", `{"a":1,"a":2}`], /DuplicateKey/],
        [["queryCustomer", "--data", "@nowhere.json"], /The file nowhere\.json does not exist/],
        [["queryCustomer", "--data"], /The option --data wants a value/],
        [["queryCustomer", "--safety", "read"], /--safety is for paths/],
        [["/card/label", "--safety", "never"], /--safety expects read or once/],
        [["/card/../label"], /a path is segments/],
        [
          ["queryCustomer", "--contract", "nowhere.json"],
          /nowhere\.json \(--contract\) cannot be used: there is no such/
        ],
        [["adjustBalance"], /adjustBalance was not sent: it goes by cards\.adjustBalance only/],
        [["/card/balance/adjust"], /goes by cards\.adjustBalance only/],
        [["createVirtualCard"], /goes by cards\.createVirtual only/],
        [["login"], /goes by auth\.login only, which keeps the session/]
      ]
      for (const [words, sentence] of wrong) {
        const told = yield* inProcess(words)
        assert.strictEqual(told.exitCode, 2, words.join(" "))
        assert.match(told.sentence, sentence)
        assert.notInclude(told.sentence, "Sk9f")
      }
      const text = yield* call("getCardDetails")
      assert.deepStrictEqual([text.code, text.stdout], [2, ""])
      assert.match(text.stderr, /^yunmo: There is no operation/)
      const asJson = yield* call("adjustBalance", "--json")
      assert.deepStrictEqual([asJson.code, JSON.parse(asJson.stdout).error.code], [2, "RequestInvalid"])
      const kyc = yield* call("submitKyc", "--data", `{"customerId":"1","idNumber":"P0000001"}`)
      assert.match(kyc.stderr, /command line can be read by others on this machine: give idNumber in a file/)
      assert.notInclude(kyc.stderr, "P0000001")
    })
  )

  it.scopedLive("names every setting that is missing, and whoever is not there or takes other keys", () =>
    Effect.gen(function* () {
      const unset = yield* yunmo(["call", "queryCustomer"], "", {})
      assert.deepStrictEqual([unset.code, unset.stdout], [2, ""])
      for (const name of ["YUNMO_MERCHANT_NO", "YUNMO_API_KEY", "YUNMO_SECRET_KEY"]) {
        assert.match(unset.stderr, new RegExp(`^  ${name} is not set`, "m"))
      }
      const plain = yield* caller("http://example.com")("queryCustomer")
      assert.deepStrictEqual([plain.code, /must begin with https/.test(plain.stderr)], [2, true])

      const absent = yield* caller(nobody)("createCustomer", "--data", `{"customerCode":"ada"}`)
      assert.strictEqual(absent.code, 2)
      assert.match(absent.stderr, /^yunmo: login got no answer .* createCustomer was not sent\.\n$/)

      const { url } = yield* sandbox()
      const other = yield* caller(url, { YUNMO_SECRET_KEY: "not-the-secret-key" })("createCustomer")
      assert.strictEqual(other.code, 1)
      assert.match(other.stderr, /YUNMO answered login with 2000003.*Check the secret key.*was not sent\.\n$/)
      assert.notInclude(other.stdout + other.stderr, "not-the-secret-key")
      assert.match((yield* commands(url).inspect("summary")).text, /^customers +0/m)
    })
  )

  it.effect("lists the operations that it takes", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* yunmo(["call", "--help"], "", {})
      assert.strictEqual(code, 0)
      assert.match(stdout, /^ {2}confirmThreeDs +5\.1 /m)
      assert.notMatch(stdout, /adjustBalance|createVirtualCard|login/)
    })
  )
})

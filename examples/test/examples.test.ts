/** Each example as a newcomer runs it: the program that was built, against a sandbox over HTTP, told by its output. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Without what the machine that runs the tests has set. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("YUNMO_"))
)

const run = (program: string, args: ReadonlyArray<string>, settings: Readonly<Record<string, string>> = {}) =>
  new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [here(`../dist/${program}.js`), ...args], {
      env: { ...environment, ...settings, NO_COLOR: "1" }
    })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, output }))
  })

const example = (name: string, settings?: Readonly<Record<string, string>>) => run("run", [name], settings)

/** What was said, without times and fibers. */
const said = ({ output }: Ended) =>
  [...output.matchAll(/ INFO \(#\d+\): (.*)/g)].map(([, text]) => text ?? "")

describe("the examples", () => {
  it("first-card: from nothing to a card with money on it", async () => {
    const ended = await example("first-card")
    assert.strictEqual(ended.code, 0, ended.output)
    const [customer, kyc, card, topUp, balance] = said(ended)
    assert.match(customer ?? "", /^customer AU\d{9}$/)
    assert.strictEqual(kyc, "KYC passed")
    assert.match(card ?? "", /^card CDAU\d{9}V01$/)
    assert.match(topUp ?? "", /^top-up of 25.00: (Pending|Done)$/)
    assert.strictEqual(balance, `${card} is ACTIVE and has 25.00 USD`)
  })

  it("top-up: the answer is lost, the money moves once, and the second run only asks", async () => {
    const ended = await example("top-up")
    assert.strictEqual(ended.code, 0, ended.output)
    const [, , , unknown, settled, again] = said(ended)
    assert.match(unknown ?? "", /^Whether adjustBalance INV-\d+ was executed is not known: .* got no answer/)
    assert.match(settled ?? "", /^settled: the vendor's order OR\d+ is done$/)
    assert.strictEqual(again, "run again: Done; the card has 4040.03")
  })

  it("errors: each is told in its own way", async () => {
    const ended = await example("errors")
    assert.strictEqual(ended.code, 0, ended.output)
    const [exists, disabled, busy, invalid, samples] = said(ended)
    assert.strictEqual(exists, "FORCE-4000004: 4000004: is a customer already")
    assert.match(disabled ?? "", /^FORCE-2000005: MerchantDisabled, so stop$/)
    assert.include(busy, "FORCE-3000000: may be a customer now. Ask with customers.query")
    assert.include(invalid, "queryCustomer was not sent: give either customerCode or customerId")
    assert.match(samples ?? "", /^\d+ card samples$/)
  })

  it("contract: the file's path and field names are those that are used", async () => {
    const ended = await example("contract")
    assert.strictEqual(ended.code, 0, ended.output)
    const [told, customer] = said(ended)
    assert.strictEqual(told, "version V1.0; customers are created by POST /open-api/v1/customer (MERCHANT)")
    assert.match(customer ?? "", /^customer AU\d{9}$/)
  })

  it("contract: a file that is wrong is told by name, before anything is called", async () => {
    const ended = await example("contract", { YUNMO_CONTRACT_FILE: here("./wrong-contract.json") })
    assert.strictEqual(ended.code, 1, ended.output)
    assert.include(ended.output, "paths.createCustomers")
    assert.include(ended.output, "versions")
  })

  it("without keys they say which setting is missing", async () => {
    const ended = await run("first-card", [])
    assert.strictEqual(ended.code, 1)
    assert.include(ended.output, "YUNMO_MERCHANT_NO")
  })

  it("the runner says what it can run", async () => {
    const ended = await run("run", ["second-card"])
    assert.deepStrictEqual(ended, {
      code: 2,
      output: "Usage: pnpm example <first-card | top-up | errors | contract>\n"
    })
  })
})

describe("the README", () => {
  const readme = readFileSync(here("../README.md"), "utf8")

  it("has a command for each program, and a word for every file", () => {
    const commands = [...readme.matchAll(/pnpm@10\.34\.9 example ([a-z-]+)`/g)].map(
      ([, name]) => `${name}.ts`
    )
    assert.deepStrictEqual(commands, ["first-card.ts", "top-up.ts", "errors.ts", "contract.ts"])
    for (const file of readdirSync(here("../src"))) {
      assert.include(readme, `(src/${file})`)
    }
  })

  it("names the package manager of this repository", () => {
    const { packageManager } = JSON.parse(readFileSync(here("../../package.json"), "utf8"))
    assert.include(readme, `npx -y ${packageManager} example`)
  })
})

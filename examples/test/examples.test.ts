/** Each example as a newcomer runs it: the program that was built, against a sandbox over HTTP, told by its output. */
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { SqlClient } from "@effect/sql"
import { Sqlite } from "@effect-yunmo/node"
import { Testing } from "@effect-yunmo/signing"
import { Effect, Either } from "effect"
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
      output:
        "Usage: pnpm example <first-card | top-up | errors | contract | receive-effect | receive-express | receive-next>\n"
    })
  })
})

const merchantNo = "BU000000001"
const secretKey = "kR8sVq2LxT0pWz5N"

const notification = (eventType: string, data: Readonly<Record<string, string>>) =>
  Either.getOrThrow(Testing.notification({ eventType, merchantNo, secret: secretKey, data })).text

const transaction = { orderNo: "OR1", cardId: "CD1", amount: "20.00", currency: "USD", status: "SUCCESS" }

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

const until = async (holds: () => boolean | Promise<boolean>) => {
  while (!(await holds())) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface Receiving {
  readonly post: (body: string) => Promise<string>
  readonly output: () => string
  readonly database: string
}

/** A receiving example as a program of its own, and its database. */
const receiving = async (name: string, use: (receiving: Receiving) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), "yunmo-examples-"))
  const port = await freePort()
  const database = join(folder, "received.sqlite")
  const child = spawn(process.execPath, [here(`../dist/${name}.js`)], {
    env: {
      ...environment,
      YUNMO_MERCHANT_NO: merchantNo,
      YUNMO_SECRET_KEY: secretKey,
      DATABASE: database,
      PORT: String(port),
      NO_COLOR: "1"
    }
  })
  let output = ""
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  const closed = new Promise((resolve) => child.on("close", resolve))
  try {
    const url = `http://127.0.0.1:${port}`
    await until(() =>
      fetch(url).then(
        () => true,
        () => false
      )
    )
    const post = async (body: string) => {
      const response = await fetch(`${url}/yunmo/notifications`, { method: "POST", body })
      return `${response.status} ${await response.text()}`
    }
    await use({ post, output: () => output, database })
  } finally {
    child.kill()
    await closed
    rmSync(folder, { recursive: true, force: true })
  }
}

const select = (filename: string, statement: string) =>
  Effect.runPromise(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
      Effect.provide(Sqlite.layer({ filename }))
    )
  )

describe("the receiving examples", () => {
  it.each(["receive-effect", "receive-next"])("%s: handles each effect once, and loses nothing", (name) =>
    receiving(name, async ({ database, output, post }) => {
      const body = notification("TRADE", transaction)
      assert.deepStrictEqual(await Promise.all([post(body), post(body), post(body)]), [
        "200 OK",
        "200 OK",
        "200 OK"
      ])
      // The same event, told by another message.
      assert.strictEqual(await post(notification("TRADE", { ...transaction, fxFee: "0.10" })), "200 OK")
      assert.match(await post(body.replace("20.00", "99.00")), /^401 /)
      assert.strictEqual(await post(notification("CARD_STATUS", { cardId: "CD1" })), "200 OK")
      assert.strictEqual(await post(notification("TRADE", { orderNo: "OR2" })), "200 OK")
      assert.deepStrictEqual(await select(database, "SELECT * FROM spent"), [
        { card_id: "CD1", amount: "20.00", currency: "USD" }
      ])
      assert.lengthOf(await select(database, "SELECT * FROM for_a_person"), 2)
      assert.notInclude(output(), secretKey)
    })
  )

  it("receive-express: keeps in the inbox, and handles later", () =>
    receiving("receive-express", async ({ output, post }) => {
      const body = notification("TRADE", transaction)
      assert.deepStrictEqual(await Promise.all([post(body), post(body)]), ["200 OK", "200 OK"])
      assert.match(await post(body.replace("20.00", "99.00")), /^401 /)
      await until(() => output().includes("Trade about card CD1"))
      assert.lengthOf(output().match(/Trade about card CD1/g) ?? [], 1)
    }))

  it("the runner lets the sandbox send to them", async () => {
    const ended = await example("receive-effect")
    assert.strictEqual(ended.code, 0, ended.output)
    assert.match(ended.output, /customer AU\d{9}: KYC state 1/)
  }, 60_000)
})

describe("the README", () => {
  const readme = readFileSync(here("../README.md"), "utf8")

  it("has a command for each program, and a word for every file", () => {
    const commands = [...readme.matchAll(/pnpm@10\.34\.9 example ([a-z-]+)`/g)].map(
      ([, name]) => `${name}.ts`
    )
    assert.deepStrictEqual(commands, [
      "first-card.ts",
      "top-up.ts",
      "errors.ts",
      "contract.ts",
      "receive-effect.ts",
      "receive-express.ts",
      "receive-next.ts"
    ])
    for (const file of readdirSync(here("../src"))) {
      assert.include(readme, `(src/${file})`)
    }
  })

  it("names the package manager of this repository", () => {
    const { packageManager } = JSON.parse(readFileSync(here("../../package.json"), "utf8"))
    assert.include(readme, `npx -y ${packageManager} example`)
  })
})

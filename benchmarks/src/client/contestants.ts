/** Who asks for a card's detail, each in its own way. All of them sign, and all read the balance out of the answer. */
import { createHash, randomBytes } from "node:crypto"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as UndiciClient from "@effect-yunmo/node/UndiciClient"
import { CardId, MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { Agent, request } from "undici"
import { merchant, question, token } from "./vendor.js"

export interface Contestant {
  readonly name: string
  /** Makes so many calls, so many of them at once, and gives the sum of the balances. */
  readonly run: (calls: number, atOnce: number) => Promise<number>
  readonly close: () => Promise<void>
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** The signing that a page of documentation asks for, and no more: no checks, and a nonce that is slightly uneven. */
const plainBody = (data: Readonly<Record<string, string>>): string => {
  const nonce = Array.from(randomBytes(16), (byte) => alphabet[byte % alphabet.length]).join("")
  const { merchantNo, secretKey } = merchant
  const envelope = { merchantNo, version: "v1.0", nonce, requestTime: Date.now() }
  const signed: Readonly<Record<string, string | number>> = { ...envelope, ...data }
  const text = Object.keys(signed)
    .sort()
    .map((key) => `${key}=${signed[key]}`)
    .join("&")
  const sign = createHash("md5").update(`${text}${secretKey}`).digest("hex")
  return JSON.stringify({ ...envelope, token, sign, data })
}

const headers = { "content-type": "application/json", accept: "application/json" }

const balanceIn = (text: string): number => {
  const { code, data } = JSON.parse(text)
  if (code !== "200") {
    throw new Error(`the vendor answered ${code}`)
  }
  return Number(data.balance)
}

const { cardId, path } = question

const looped =
  (call: () => Promise<number>): Contestant["run"] =>
  async (calls, atOnce) => {
    let sum = 0
    const some = async () => {
      for (let index = 0; index < calls / atOnce; index++) {
        const balance = await call()
        sum += balance
      }
    }
    await Promise.all(Array.from({ length: atOnce }, some))
    return sum
  }

/** The floor: what a request costs when nothing is asked of it. */
const bareUndici = (url: string): Contestant => {
  const dispatcher = new Agent()
  return {
    name: "bare undici.request",
    run: looped(async () => {
      const { body, statusCode } = await request(`${url}${path}`, {
        dispatcher,
        method: "POST",
        headers,
        body: plainBody({ cardId })
      })
      if (statusCode !== 200) {
        throw new Error(`HTTP ${statusCode}`)
      }
      return balanceIn(await body.text())
    }),
    close: () => dispatcher.close()
  }
}

const byFetch = (url: string): Contestant => ({
  name: "hand-written, with fetch",
  run: looped(async () => {
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: plainBody({ cardId }) })
    if (!response.ok) {
      throw new Error(`HTTP ${response.status}`)
    }
    return balanceIn(await response.text())
  }),
  close: async () => {}
})

/** Ends spans as an exporter would be told of them, and keeps them for a while. */
const keeping = (): Tracer.Tracer => {
  const kept: Array<Tracer.Span> = []
  let made = 0
  return Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      made += 1
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      const attributes = new Map<string, unknown>()
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: made.toString(16).padStart(16, "0"),
        traceId: Option.match(parent, {
          onNone: () => made.toString(16).padStart(32, "0"),
          onSome: ({ traceId }) => traceId
        }),
        parent,
        context,
        get status() {
          return status
        },
        attributes,
        links,
        sampled: true,
        kind,
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
          // A batch that an exporter would have sent off.
          if (kept.length === 512) {
            kept.length = 0
          }
          kept.push(span)
        },
        attribute: (key, value) => {
          attributes.set(key, value)
        },
        event: () => {},
        addLinks: () => {}
      }
      return span
    },
    context: (f) => f()
  })
}

const untraced = Layer.setTracerEnabled(false)

const ours = (
  url: string,
  name: string,
  {
    http = UndiciClient.layer,
    tracing = untraced
  }: {
    readonly http?: Layer.Layer<HttpClient>
    readonly tracing?: Layer.Layer<never>
  } = {}
): Contestant => {
  const runtime = ManagedRuntime.make(
    Yunmo.layer({
      merchantNo: MerchantNo.make(merchant.merchantNo),
      apiKey: Redacted.make(merchant.apiKey),
      secretKey: Redacted.make(merchant.secretKey),
      baseUrl: url
    }).pipe(
      Layer.provide(http),
      Layer.provide(Layer.merge(OrderJournal.layerMemory, CardJournal.layerMemory)),
      Layer.merge(tracing)
    )
  )
  const input = { cardId: CardId.make(cardId) }
  return {
    name,
    run: (calls, atOnce) =>
      runtime.runPromise(
        Effect.flatMap(Yunmo.Yunmo, ({ cards }) => {
          let sum = 0
          const call = Effect.map(cards.detail(input), ({ balance }) => {
            sum += Number(balance?.text)
          })
          const some = Effect.repeatN(call, Math.ceil(calls / atOnce) - 1)
          return Effect.map(
            Effect.all(
              Array.from({ length: atOnce }, () => some),
              { concurrency: "unbounded", discard: true }
            ),
            () => sum
          )
        })
      ),
    close: () => runtime.dispose()
  }
}

/** Those to measure by, the floor first; ours as they are meant to be used; and ours through clients of platform's own. */
export const contestants = (url: string) => ({
  floor: [bareUndici(url), byFetch(url)],
  ours: [
    ours(url, "ours, tracing off"),
    ours(url, "ours, Effect's own tracer, which nobody reads", { tracing: Layer.empty }),
    ours(url, "ours, a tracer that keeps every span", { tracing: Layer.setTracer(keeping()) })
  ],
  others: [
    ours(url, "ours, tracing off, NodeHttpClient.layerUndici", { http: NodeHttpClient.layerUndici }),
    ours(url, "ours, tracing off, NodeHttpClient.layer", { http: NodeHttpClient.layer })
  ]
})

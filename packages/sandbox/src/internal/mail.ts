/** From news to the notifications that go out: composed, made wrong where the bad day says so, signed and kept. */
import type * as Codec from "@effect-yunmo/schema/Codec"
import type { ContractService } from "@effect-yunmo/schema/Contract"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"
import type { Event, NotificationFault, NotificationRule } from "../Fault.js"
import * as Faults from "./faults.js"
import * as Indexes from "./indexes.js"
import { anotherAmount } from "./money.js"
import * as Notification from "./notification.js"
import { makeGenerator } from "./random.js"
import type { Vocabulary } from "./vocabulary.js"
import type { Delivery, Merchant, News, World } from "./world.js"

/** News, with what was fixed when it happened. */
export interface Told {
  readonly news: News
  readonly merchant: Merchant
  readonly id: number
  readonly nonce: string
  readonly requestTime: number
}

export interface Mail {
  /** Keeps the notifications of the news, and gives those that are to be sent. */
  readonly write: (told: Told) => Effect.Effect<ReadonlyArray<Delivery>>
  /** The text of a re-send that has a nonce, time and signature of its own. */
  readonly resign: (delivery: Delivery, merchant: Merchant, now: number) => Effect.Effect<string>
}

const events: Readonly<Record<News["_tag"], Event>> = { Kyc: "kyc", ThreeDs: "threeDs", Trade: "trade" }

/** What a rule that names no delay waits. */
const usualDelaySeconds = 5

export const make = ({
  vocabulary,
  world
}: {
  readonly vocabulary: Vocabulary
  readonly world: World
}): Mail => {
  const { contract } = vocabulary

  /** Numbers of its own: they depend on nothing but which notification, and which send of it, they are for. */
  const nonceFor = (...words: ReadonlyArray<string | number>): string =>
    makeGenerator(Hash.string([world.settings.seed, ...words].join("/"))).alphanumeric(16)

  const nextId = (): number => {
    const told = world.settings.told + 1
    world.settings = { ...world.settings, told }
    return told
  }

  const keep = (
    { merchant, requestTime }: Told,
    {
      eventName,
      eventType,
      subject
    }: Omit<Notification.Content, "data" | "eventName"> & { readonly eventName: string },
    rest: Pick<Delivery, "id" | "body" | "faults" | "echoOf"> & { readonly waitSeconds?: number | undefined }
  ): Delivery => {
    const { waitSeconds, ...own } = rest
    const isLost = own.faults.includes("lost")
    const isHeld = waitSeconds !== undefined
    const delivery: Delivery = {
      ...own,
      merchantNo: merchant.merchantNo,
      eventType,
      eventName,
      subject,
      createdAt: requestTime,
      status: isLost
        ? "abandoned"
        : merchant.callbackUrl === undefined
          ? "waiting"
          : isHeld
            ? "held"
            : "sending",
      nextAttemptAt:
        isHeld && !isLost && merchant.callbackUrl !== undefined
          ? requestTime + waitSeconds * 1000
          : undefined,
      attempts: []
    }
    Indexes.putDelivery(world, delivery)
    return delivery
  }

  const write: Mail["write"] = (told) =>
    Effect.gen(function* () {
      const [rules, progress] = Faults.ofNotification(
        world.settings.seed,
        world.settings.faults,
        events[told.news._tag]
      )
      world.settings = { ...world.settings, faults: progress }
      const faults = rules.map(({ fault }) => fault)
      const has = (fault: NotificationFault): boolean => faults.includes(fault)
      const content = yield* Notification.compose(vocabulary, told.news)
      const data = disturbed(content.data, has)
      const { id, nonce } = told
      const body = yield* sign(contract, told, { ...content, data, nonce })
      const waitSeconds = holdFor(rules)
      const written = [keep(told, content, { id, body, faults, echoOf: undefined, waitSeconds })]
      if (has("duplicate")) {
        // The two share whatever else befalls them: one that is lost or late is so with its copy.
        written.push(keep(told, content, { id: nextId(), body, faults, echoOf: id, waitSeconds }))
      }
      if (has("contradict")) {
        const echo = nextId()
        const other = yield* Notification.compose(vocabulary, contradiction(told.news))
        const otherBody = yield* sign(contract, told, { ...other, nonce: nonceFor("echo", echo) })
        written.push(keep(told, other, { id: echo, body: otherBody, faults: ["contradict"], echoOf: id }))
      }
      if (has("unknownEvent")) {
        const extra = nextId()
        const unknown = {
          ...unheardOf,
          subject: content.subject,
          data: { reference: String(id), level: "2" }
        }
        const extraBody = yield* sign(contract, told, { ...unknown, nonce: nonceFor("extra", extra) })
        written.push(
          keep(told, unknown, { id: extra, body: extraBody, faults: ["unknownEvent"], echoOf: undefined })
        )
      }
      return written.filter(({ status }) => status === "sending")
    })

  return {
    write,
    resign: (delivery, merchant, now) =>
      Effect.gen(function* () {
        const { data } = Notification.read(delivery.body)
        const { eventName, eventType, id } = delivery
        const nonce = nonceFor("send", id, delivery.attempts.length)
        return yield* sign(contract, { merchant, requestTime: now }, { eventType, eventName, data, nonce })
      })
  }
}

const unheardOf = { eventType: "CARD_RISK", eventName: "card_risk" }

const holdFor = (rules: ReadonlyArray<NotificationRule>): number | undefined => {
  const waits = rules
    .filter(({ fault }) => fault === "late" || fault === "reorder")
    .map(({ delaySeconds }) => delaySeconds ?? usualDelaySeconds)
  return waits.length === 0 ? undefined : Math.max(...waits)
}

const disturbed = (data: Codec.JsonObject, has: (fault: NotificationFault) => boolean): Codec.JsonObject => ({
  ...data,
  ...(has("unknownField") ? { loyaltyPoints: "12" } : {}),
  ...(has("nestedValue") ? { risk: { score: "7", list: "none" } } : {}),
  ...(has("keyCollision") ? { eventType: "PURCHASE" } : {})
})

/** The same happened, and something else. */
const contradiction = (news: News): News => {
  switch (news._tag) {
    case "Kyc":
      return news.customer.kyc === "passed"
        ? {
            ...news,
            customer: { ...news.customer, kyc: "rejected", remark: "The documents could not be verified" }
          }
        : { ...news, customer: { ...news.customer, kyc: "passed", remark: undefined } }
    case "ThreeDs":
      return { ...news, request: { ...news.request, amount: anotherAmount(news.request.amount) } }
    case "Trade":
      return { ...news, transaction: { ...news.transaction, amount: anotherAmount(news.transaction.amount) } }
  }
}

const sign = (
  { version }: ContractService,
  { merchant, requestTime }: Pick<Told, "merchant" | "requestTime">,
  {
    data,
    eventName,
    eventType,
    nonce
  }: {
    readonly data: Codec.JsonObject
    readonly eventName: string
    readonly eventType: string
    readonly nonce: string
  }
): Effect.Effect<string> =>
  Signer.signWith(merchant.key, {
    envelope: { merchantNo: merchant.merchantNo, requestTime, version, nonce, eventType, eventName },
    data,
    nested: "compactJson",
    // A key stands in both places where the merchant's contract puts the kind into `eventType`, and on a bad day.
    collision: "dataWins"
  }).pipe(
    Effect.map(({ body }) => Redacted.value(body)),
    // What is signed was put together here: a refusal to sign it is a defect.
    Effect.orDie
  )

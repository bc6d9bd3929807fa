/** What `yunmo trigger` makes happen. */

import * as Control from "@effect-yunmo/sandbox/Control"
import * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Rules from "@effect-yunmo/sandbox/Rules"
import * as State from "@effect-yunmo/sandbox/State"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Entry, entry, type Field, fieldsEntry } from "./entries.js"
import * as FaultPlan from "./faultPlan.js"
import * as Lines from "./lines.js"
import * as RuleWords from "./rules.js"
import * as Values from "./values.js"
import * as Words from "./words.js"

const id = (flag: Field["flag"], field: string, about: string): Field => ({
  flag,
  field,
  value: "id",
  about,
  required: true
})

const customer = id("--customer", "customerId", "the customer's id")
const card = id("--card", "cardId", "the card's id")
const authorization = id("--order", "orderNo", "the order number that the authorization was answered with")
const merchantOrder = id("--order", "merchantOrderNo", "the merchant's own order number")
const merchant: Field = {
  flag: "--merchant",
  field: "merchantNo",
  value: "no",
  about: "the merchant number, where there is more than one"
}
const remark: Field = {
  flag: "--remark",
  field: "remark",
  value: "text",
  about: "what the merchant is told with it"
}
const amount: Field = {
  flag: "--amount",
  field: "amount",
  value: "amount",
  about: "in the shop's currency, 12.50 say",
  required: true
}
const currency: Field = {
  flag: "--currency",
  field: "currency",
  value: "code",
  about: "the shop's currency, USD say",
  required: true
}
const principal: Field = {
  flag: "--principal",
  field: "principal",
  value: "amount",
  about: "in the card's currency; by a fixed rate unless given"
}
const merchantName: Field = {
  flag: "--merchant-name",
  field: "merchantName",
  value: "text",
  about: "the shop's name"
}
const purchase = [card, amount, currency, principal, merchantName]

/** A duration as the number of seconds that the call takes. */
const seconds = (text: string): Either.Either<number, string> =>
  Either.map(
    Either.fromOption(Values.duration(text), () => Values.durationExpected),
    Duration.toSeconds
  )

const shop = (done: string) => (answer: typeof Control.ShopAnswer.Encoded) =>
  `${answer.status === "succeeded" ? done : `Declined (${answer.declineReason ?? "no reason given"})`}: order ${answer.orderNo}, sub-order ${answer.subOrderNo}.`

const kyc = (result: "passed" | "rejected", about: string): Entry =>
  fieldsEntry({
    name: `kyc.${result}`,
    about,
    options: [customer, remark],
    fixed: { result },
    schema: Control.ReviewKyc,
    call: ({ triggers }, payload) => triggers.reviewKyc({ payload }),
    output: Schema.Void,
    tell: (_, { customerId }) => `The KYC of customer ${Values.printable(customerId)} is ${result}.`
  })

const liveness = (result: "passed" | "failed", about: string): Entry =>
  fieldsEntry({
    name: `liveness.${result}`,
    about,
    options: [customer],
    fixed: { result },
    schema: Control.FinishLiveness,
    call: ({ triggers }, payload) => triggers.finishLiveness({ payload }),
    output: Schema.Void,
    tell: (_, { customerId }) => `Customer ${Values.printable(customerId)} has ${result} the liveness check.`
  })

const order = (result: "done" | "failed", about: string): Entry =>
  fieldsEntry({
    name: `order.${result}`,
    about,
    options: [merchantOrder, merchant],
    fixed: { result },
    schema: Control.FinishOrder,
    call: ({ triggers }, payload) => triggers.finishOrder({ payload }),
    output: Schema.Void,
    tell: (_, { merchantOrderNo }) => `Order ${Values.printable(merchantOrderNo)} is ${result}.`
  })

const merchantState = (word: "enabled" | "disabled", about: string): Entry =>
  fieldsEntry({
    name: `merchant.${word}`,
    about,
    options: [merchant],
    fixed: { enabled: word === "enabled" },
    schema: Control.SetMerchantEnabled,
    call: ({ triggers }, payload) => triggers.setMerchantEnabled({ payload }),
    output: Schema.Void,
    tell: (_, { merchantNo }) =>
      `The merchant${merchantNo === undefined ? "" : ` ${Values.printable(merchantNo)}`} is ${word}.`
  })

const by: Field = {
  flag: "--by",
  field: "bySeconds",
  value: "duration",
  about: '"10 minutes" say',
  read: seconds
}
const to: Field = {
  flag: "--to",
  field: "to",
  value: "instant",
  about: "2026-03-01T09:30:00Z say",
  read: (text) =>
    Either.map(
      Either.fromOption(Values.instant(text), () => Values.instantExpected),
      DateTime.formatIso
    )
}

const file: Words.Option = { flag: "--file", value: "file", about: "a JSON file that holds the plan, or -" }
const plan: Words.Option = {
  flag: "--plan",
  value: "json",
  about: `'{"calls":[{"fault":"lost","times":1}]}' say`
}
const none: Words.Option = { flag: "--none", about: "no faults any more" }

const rule: Words.Option = {
  flag: "--rule",
  value: "name=value",
  about: `checkSignature=off say, as often as needed; yunmo inspect rules lists them`,
  required: true,
  repeated: true
}

const snapshotName = { ...id("--name", "name", "the snapshot's name"), value: "name" }

export const events: ReadonlyArray<Entry> = [
  kyc("passed", "The KYC under review passes."),
  kyc("rejected", "The KYC under review is rejected."),
  liveness("passed", "The cardholder passes the liveness check."),
  liveness("failed", "The cardholder fails the liveness check."),
  fieldsEntry({
    name: "card.made",
    about: "A physical card is manufactured, which nobody has bound yet.",
    options: [merchant],
    schema: Control.MakePhysicalCard,
    call: ({ triggers }, payload) => triggers.makePhysicalCard({ payload }),
    output: Control.PhysicalCard,
    tell: ({ activationCode, cardId, sku }) =>
      `Card ${cardId} is made: SKU ${sku}, activation code ${activationCode}.`
  }),
  fieldsEntry({
    name: "authorization",
    about: "A shop asks for money: it is kept back, or declined.",
    options: purchase,
    schema: Control.Purchase,
    call: ({ triggers }, payload) => triggers.authorize({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Authorized")
  }),
  fieldsEntry({
    name: "additional-authorization",
    about: "The shop asks for more on an open authorization.",
    options: [authorization, amount, principal],
    schema: Control.AdditionalAuthorization,
    call: ({ triggers }, payload) => triggers.additionalAuthorize({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Authorized")
  }),
  fieldsEntry({
    name: "settlement",
    about: "The shop takes the money of an authorization; what it does not take is released.",
    options: [
      authorization,
      { ...amount, about: "all that is authorized unless given", required: false },
      principal,
      {
        flag: "--partial",
        field: "final",
        about: "more will follow: the rest stays authorized",
        read: () => Either.right(false)
      }
    ],
    schema: Control.Settlement,
    call: ({ triggers }, payload) => triggers.settle({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Settled")
  }),
  fieldsEntry({
    name: "cancellation",
    about: "The shop gives an authorization up.",
    options: [authorization],
    schema: Control.Cancellation,
    call: ({ triggers }, payload) => triggers.cancel({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Cancelled")
  }),
  fieldsEntry({
    name: "refund",
    about: "The shop gives money back, after a settlement or a transaction.",
    options: [
      { ...authorization, about: "the order number that the purchase was answered with" },
      { ...amount, about: "all there is unless given", required: false },
      principal
    ],
    schema: Control.Refund,
    call: ({ triggers }, payload) => triggers.refund({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Refunded")
  }),
  fieldsEntry({
    name: "transaction",
    about: "A shop takes money at once, without an authorization.",
    options: purchase,
    schema: Control.Purchase,
    call: ({ triggers }, payload) => triggers.transaction({ payload }),
    output: Control.ShopAnswer,
    tell: shop("Paid")
  }),
  fieldsEntry({
    name: "3ds",
    about: "A shop's bank asks for 3-D Secure.",
    options: [
      card,
      amount,
      currency,
      merchantName,
      {
        flag: "--expires-in",
        field: "expiresInSeconds",
        value: "duration",
        about: '"5 minutes" unless given',
        read: seconds
      }
    ],
    schema: Control.ThreeDsRequest,
    call: ({ triggers }, payload) => triggers.requestThreeDs({ payload }),
    output: Control.ThreeDsRequested,
    tell: ({ authId, expiresAt }) =>
      `3-D Secure request ${authId} can be answered until ${Lines.time(expiresAt)}.`
  }),
  order("done", "A pending balance adjustment is done."),
  order("failed", "A pending balance adjustment fails."),
  merchantState("enabled", "The merchant is switched on."),
  merchantState("disabled", "The merchant is switched off: its calls are refused."),
  fieldsEntry({
    name: "callback",
    about: "Notifications go somewhere else; those that waited go there at once.",
    options: [
      { flag: "--url", field: "url", value: "url", about: "where to, on this machine", required: true },
      merchant
    ],
    schema: Control.SetCallback,
    call: ({ triggers }, payload) => triggers.setCallback({ payload }),
    output: Schema.Void,
    tell: (_, { url }) => `Notifications go to ${Values.printable(url)}.`
  }),
  fieldsEntry({
    name: "clock",
    about: "The clock is moved forward; what is due until then happens.",
    options: [by, to],
    oneOf: [by, to],
    schema: Control.MoveClock,
    call: ({ settings }, payload) => settings.moveClock({ payload }),
    output: State.Clock,
    tell: Lines.clock
  }),
  entry({
    name: "faults",
    about: "A bad day begins, or ends.",
    options: [file, plan, none],
    oneOf: [file, plan, none],
    input: (values) => {
      const path = Words.one(values, file)
      const text = Words.one(values, plan)
      return path !== undefined
        ? FaultPlan.fromFile(path)
        : text !== undefined
          ? FaultPlan.fromText("The plan (--plan)", text)
          : Effect.succeed({})
    },
    call: ({ settings }, payload) => settings.setFaults({ payload }),
    output: Fault.Report,
    tell: ({ calls, notifications }) =>
      calls.length + notifications.length === 0
        ? "There are no faults."
        : `Rules in force: ${calls.length} for calls, ${notifications.length} for notifications.`
  }),
  entry({
    name: "rules",
    about: "The sandbox becomes stricter or milder, faster or slower.",
    options: [rule],
    input: (values) => RuleWords.read(Words.all(values, rule)),
    call: ({ settings }, payload) => settings.setRules({ payload }),
    output: Rules.Rules,
    tell: (rules, changes) =>
      Lines.table(
        Object.entries(rules)
          .filter(([name]) => Object.hasOwn(changes, name))
          .map(Lines.rule)
      )
  }),
  fieldsEntry({
    name: "snapshot",
    about: "Everything is remembered under a name.",
    options: [snapshotName],
    schema: Control.SnapshotName,
    call: ({ settings }, payload) => settings.takeSnapshot({ payload }),
    output: State.Snapshot,
    tell: ({ at, name }) => `Snapshot ${name} is taken, at ${Lines.time(at)}.`
  }),
  fieldsEntry({
    name: "restore",
    about: "Everything becomes as in a snapshot.",
    options: [snapshotName],
    schema: Control.SnapshotName,
    call: ({ settings }, payload) => settings.restoreSnapshot({ payload }),
    output: Schema.Void,
    tell: (_, { name }) => `Everything is as in snapshot ${name}.`
  }),
  entry({
    name: "reset",
    about: "Everything becomes as at the start.",
    options: [],
    input: () => Effect.void,
    call: ({ settings }) => settings.reset({}),
    output: Schema.Void,
    tell: () => "Everything is as at the start."
  })
]

/** What `yunmo inspect` shows. */

import * as Control from "@effect-yunmo/sandbox/Control"
import * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Rules from "@effect-yunmo/sandbox/Rules"
import * as State from "@effect-yunmo/sandbox/State"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Entry, entry, type Field, fieldsEntry } from "./entries.js"
import * as Lines from "./lines.js"

/** A title, and a table below; nothing where there is nothing. */
const section = (title: string, rows: ReadonlyArray<ReadonlyArray<Lines.Cell>>): ReadonlyArray<string> =>
  rows.length === 0 ? [] : [`${title}\n${Lines.table(rows).replace(/^/gm, "  ")}`]

const orNothing = (nothing: string, sections: ReadonlyArray<string>): string =>
  sections.length === 0 ? nothing : sections.join("\n")

const tableOr = (nothing: string, rows: ReadonlyArray<ReadonlyArray<Lines.Cell>>): string =>
  rows.length === 0 ? nothing : Lines.table(rows)

const number = (flag: Field["flag"], about: string): Field => ({
  flag,
  field: flag.slice(2),
  value: "number",
  about
})

const last = number("--last", "so many at most, the newest ones")

const merchants = (
  all: ReadonlyArray<typeof State.Merchant.Encoded>
): ReadonlyArray<ReadonlyArray<Lines.Cell>> =>
  all.map(({ callbackUrl, enabled, merchantNo }) => [
    merchantNo,
    enabled ? "enabled" : "disabled",
    callbackUrl === undefined ? "no callback" : `notifications to ${callbackUrl}`
  ])

const state = (shown: typeof State.State.Encoded): string =>
  [
    ...section("merchants", merchants(shown.merchants)),
    ...section(
      "customers",
      shown.customers.map((customer) => [
        customer.customerId,
        customer.customerCode,
        `KYC ${customer.kyc}`,
        customer.liveness === undefined ? "no liveness check" : `liveness ${customer.liveness}`
      ])
    ),
    ...section(
      "cards",
      shown.cards.map((card) => [
        card.cardId,
        card.maskedCardNumber,
        card.form,
        card.status,
        `balance ${card.balance} ${card.currency}`,
        `held ${card.held}`,
        card.customerId === undefined ? "nobody's" : `of ${card.customerId}`
      ])
    ),
    ...section(
      "orders",
      shown.orders.map((order) => [
        order.merchantOrderNo,
        order.orderNo,
        `${order.direction} ${order.amount}`,
        order.status,
        `card ${order.cardId}`
      ])
    ),
    ...section(
      "transactions",
      shown.transactions.map((transaction) => [
        transaction.orderNo,
        transaction.subOrderNo,
        transaction.kind,
        transaction.status,
        `${transaction.amount} ${transaction.currency}`,
        `card ${transaction.cardId}`,
        transaction.declineReason ?? transaction.merchantName
      ])
    ),
    ...section(
      "3-D Secure",
      shown.threeDs.map((request) => [
        request.authId,
        request.decision,
        `${request.amount} ${request.currency}`,
        `until ${Lines.time(request.expiresAt)}`,
        `card ${request.cardId}`
      ])
    )
  ].join("\n")

const summary = (shown: typeof State.Summary.Encoded): string =>
  `${Lines.clock(shown.clock)}\n${Lines.table([
    ...merchants(shown.merchants).map((cells) => ["merchant", cells.join(", ")]),
    ["customers", shown.customers],
    ["cards", `${shown.cards}, with ${shown.balances} in all`],
    ["orders", `${shown.orders}, ${shown.ordersPending} pending`],
    ["transactions", shown.transactions],
    ["3-D Secure", `${shown.threeDs}, ${shown.threeDsPending} pending`],
    ["calls", shown.calls],
    [
      "notifications",
      Object.entries(shown.deliveries)
        .filter(([, count]) => count > 0)
        .map(([status, count]) => `${count} ${status}`)
        .join(", ") || "none"
    ]
  ])}`

const deliveries = (shown: ReadonlyArray<typeof State.Delivery.Encoded>): string =>
  tableOr(
    "There are no notifications.",
    shown.map((delivery) => {
      const attempt = delivery.attempts.at(-1)
      return [
        delivery.id,
        Lines.time(delivery.createdAt),
        `${delivery.eventType}/${delivery.eventName}`,
        delivery.subject,
        delivery.status,
        `${delivery.attempts.length} sent`,
        attempt === undefined
          ? undefined
          : (attempt.error ?? `answered ${attempt.status ?? ""} ${attempt.answer ?? ""}`.trimEnd()),
        delivery.faults.length === 0 ? "" : `faults: ${delivery.faults.join(", ")}`
      ]
    })
  )

const faultRows = (
  counted: ReadonlyArray<{ readonly rule: object; readonly fired: number; readonly matched: number }>
) => counted.map(({ fired, matched, rule }) => [`hit ${fired} of ${matched}`, JSON.stringify(rule)])

export const views: ReadonlyArray<Entry> = [
  entry({
    name: "summary",
    about: "The state in figures.",
    options: [],
    input: () => Effect.void,
    call: ({ views }) => views.summary({}),
    output: State.Summary,
    tell: summary
  }),
  fieldsEntry({
    name: "state",
    about: "Merchants, customers, cards, orders, transactions and 3-D Secure requests.",
    options: [last],
    schema: Control.StateQuery,
    call: ({ views }, urlParams) => views.state({ urlParams }),
    output: State.State,
    tell: state
  }),
  fieldsEntry({
    name: "ledger",
    about: "What moved on a card; its sum is the card's balance.",
    options: [{ flag: "--card", field: "cardId", value: "id", about: "the card's id", required: true }],
    schema: Schema.Struct({
      // It becomes part of a path.
      cardId: Ids.CardId.pipe(
        Schema.filter((text) => /^[\w.~-]+$/.test(text) || "expected a card's id as the sandbox gives it")
      )
    }),
    call: ({ views }, path) => views.ledger({ path }),
    output: Schema.Array(State.LedgerEntry),
    tell: (entries) =>
      tableOr(
        "Nothing has moved on it.",
        entries.map(({ amount, at, cause, reference }) => [Lines.time(at), cause, amount, reference])
      )
  }),
  fieldsEntry({
    name: "deliveries",
    about: "The notifications, with every attempt in --json.",
    options: [
      number("--after", "only those with a greater id"),
      number("--limit", "so many at most, the oldest ones"),
      last,
      { flag: "--status", field: "status", value: "status", about: State.DeliveryStatus.literals.join(", ") }
    ],
    schema: Control.DeliveriesQuery,
    call: ({ views }, urlParams) => views.deliveries({ urlParams }),
    output: Schema.Array(State.Delivery),
    tell: deliveries
  }),
  fieldsEntry({
    name: "calls",
    about: "The calls to the vendor's API; the latest ones in --json.",
    options: [last],
    schema: Control.CallsQuery,
    call: ({ views }, urlParams) => views.calls({ urlParams }),
    output: State.Calls,
    tell: ({ counts }) =>
      tableOr(
        "There were no calls.",
        counts.map(({ code, count, fault, operation }) => [
          operation,
          code === undefined ? "not executed" : `code ${code}`,
          fault === undefined ? undefined : `fault ${fault}`,
          `${count}x`
        ])
      )
  }),
  entry({
    name: "faults",
    about: "The faults in force, and how often each has fired.",
    options: [],
    input: () => Effect.void,
    call: ({ views }) => views.faults({}),
    output: Fault.Report,
    tell: (report) =>
      orNothing("There are no faults.", [
        ...section("calls", faultRows(report.calls)),
        ...section("notifications", faultRows(report.notifications))
      ])
  }),
  entry({
    name: "rules",
    about: "The rules in force.",
    options: [],
    input: () => Effect.void,
    call: ({ views }) => views.rules({}),
    output: Rules.Rules,
    tell: (rules) => Lines.table(Object.entries(rules).map(Lines.rule))
  }),
  entry({
    name: "clock",
    about: "The sandbox's clock, and when the next thing happens by itself.",
    options: [],
    input: () => Effect.void,
    call: ({ views }) => views.clock({}),
    output: State.Clock,
    tell: Lines.clock
  }),
  entry({
    name: "snapshots",
    about: "The snapshots that can be restored.",
    options: [],
    input: () => Effect.void,
    call: ({ views }) => views.snapshots({}),
    output: Schema.Array(State.Snapshot),
    tell: (snapshots) =>
      tableOr(
        "There are no snapshots.",
        snapshots.map(({ at, name }) => [name, Lines.time(at)])
      )
  })
]

/** How `yunmo inbox` lays out its answers for a person. */

import type { Summary } from "@effect-yunmo/notifications/InboxRow"
import type { CipherInUse, Stats } from "@effect-yunmo/notifications/InboxStats"
import type { Rechecked } from "@effect-yunmo/notifications/Recheck"
import type { Planned, Replayed } from "@effect-yunmo/notifications/Replay"
import * as Duration from "effect/Duration"
import type { Cell } from "./lines.js"
import { table, time } from "./lines.js"

const section = (title: string, rows: ReadonlyArray<ReadonlyArray<Cell>>): ReadonlyArray<string> =>
  rows.length === 0 ? [] : [`${title}\n${table(rows).replace(/^/gm, "  ")}\n`]

const subject = ({ subject: { id, kind } }: Summary): Cell => (kind === "none" ? undefined : `${kind} ${id}`)

export const many = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`

export const rows = (list: ReadonlyArray<Summary>): string =>
  list.length === 0
    ? "There are no such rows.\n"
    : `${table([
        ["id", "received", "state", "kind", "merchant", "subject", "sent", "tries", "reason"],
        ...list.map((row) => [
          row.id,
          time(row.receivedAt),
          row.state,
          row.kind,
          row.merchantNo,
          subject(row),
          `${row.deliveries}x`,
          row.attempts,
          row.reason ?? row.lastError
        ])
      ])}\n`

export const row = (shown: Summary, history: ReadonlyArray<Replayed>): string =>
  `${table([
    ["id", shown.id],
    ["merchant", shown.merchantNo],
    ["event type", shown.eventType],
    ["kind", shown.kind],
    ["subject", subject(shown)],
    ["state", shown.state],
    ["reason", shown.reason],
    ["tries", shown.attempts],
    ["last error", shown.lastError],
    ["received", time(shown.receivedAt)],
    ["sent", `${shown.deliveries}x, at last ${time(shown.lastReceivedAt)}`],
    ...(shown.state === "pending" && shown.attempts > 0 ? [["next try", time(shown.nextAttemptAt)]] : []),
    ["handled", shown.handledAt === undefined ? undefined : time(shown.handledAt)],
    ["signed with", shown.keyId],
    ...(shown.nested === "none" ? [] : [["nested values", shown.nested]]),
    ...(shown.collision === "none" ? [] : [["keys in both parts", shown.collision]]),
    ...(shown.ambiguity.length === 0 ? [] : [["ambiguous", shown.ambiguity.join(", ")]]),
    ["fingerprint", Buffer.from(shown.fingerprint).toString("hex")],
    ["lane", shown.lane],
    ...history.map(({ at, by, reason }) => ["replayed", `${time(at)} by ${by}, was: ${reason ?? "-"}`])
  ])}\n`

const forecast = ({ forecast: told, row }: Planned): string => {
  switch (told._tag) {
    case "Replayable":
      return `handed to the handler of ${told.kind}${told.kind === row.kind ? "" : ` (was ${row.kind})`}${told.isLate ? ", too late to be answered" : ""}${row.ambiguity.length === 0 ? "" : `, though its signature holds for other messages too (${row.ambiguity.join(", ")}): look at it first`}`
    case "Unreadable":
      return `stays: ${told.problem}`
    case "UnknownKind":
      return `stays: the contract does not know the event type ${told.eventType}`
    case "Sealed":
      return `stays: ${told.problem}`
  }
}

export const planned = (list: ReadonlyArray<Planned>): string =>
  list.length === 0
    ? ""
    : `${table(
        list.map((one) => [
          one.row.id,
          time(one.row.receivedAt),
          one.row.merchantNo,
          one.row.kind,
          forecast(one)
        ])
      )}\n`

const verdict = ({ verdict: told }: Rechecked): string => {
  switch (told._tag) {
    case "Genuine":
      return `genuine, signed with ${told.keyId}: ${told.kind}${told.setAside === undefined ? "" : `, set aside: ${told.setAside}`}`
    case "SignatureInvalid":
      return `stays: ${told.reason}`
    case "UnknownMerchant":
      return "stays: the merchant is not known here"
    case "Unreadable":
    case "Sealed":
      return `stays: ${told.problem}`
  }
}

export const rechecked = (list: ReadonlyArray<Rechecked>): string =>
  list.length === 0
    ? ""
    : `${table(
        list.map((one) => [
          one.id,
          time(one.receivedAt),
          one.merchantNo === "" ? undefined : one.merchantNo,
          `${one.deliveries}x`,
          one.reason,
          verdict(one)
        ])
      )}\n`

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

const age = (now: number, then: number): string =>
  now - then < 1000
    ? "less than a second"
    : Duration.format(Duration.seconds(Math.floor((now - then) / 1000)))

export const ciphers = (list: ReadonlyArray<CipherInUse>): string =>
  section(
    "encrypted under",
    list.map(({ cipher, inbox, quarantine }) => [
      cipher === "none" ? "no key" : cipher,
      `${many(inbox, "row")} of the inbox`,
      `${quarantine.toLocaleString("en")} of the quarantine`
    ])
  ).join("")

export const stats = (shown: Stats, now: number): string =>
  [
    ...section(
      "rows",
      shown.counts.map(({ count, kind, state }) => [state, kind, count])
    ),
    ...section(
      "waiting",
      shown.backlog.map((one) => [
        one.merchantNo,
        one.pending,
        `${one.failed} tried before`,
        `${one.threeDs} of 3-D Secure`,
        `the oldest for ${age(now, one.oldestReceivedAt)}`
      ])
    ),
    ...section(
      "set aside",
      shown.setAsideReasons.map(({ count, kind, reason }) => [count, kind, reason])
    ),
    ...section(
      "quarantine",
      shown.quarantine.map(({ count, deliveries, reason }) => [count, reason, `sent ${deliveries}x`])
    ),
    ...section("in all", [
      ["sent again", `${many(shown.resent.rows, "row")}, ${shown.resent.deliveries.toLocaleString("en")}x`],
      ["replayed", many(shown.replays, "time")],
      [
        "size",
        shown.bytes.free === undefined
          ? mebibytes(shown.bytes.used)
          : `${mebibytes(shown.bytes.used)}, and ${mebibytes(shown.bytes.free)} free in the file for new rows`
      ]
    ])
  ].join("")

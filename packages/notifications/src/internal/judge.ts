import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type * as Contract from "@effect-yunmo/schema/Contract"
import { read } from "@effect-yunmo/signing/RawMessage"
import { UnreadableMessage } from "@effect-yunmo/signing/SigningError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { AtRestService } from "../AtRest.js"
import type { NewRow } from "../InboxRow.js"
import type { MerchantsService } from "../Merchants.js"
import type { Rechecked, Verdict } from "../Recheck.js"
import * as Storage from "../Storage.js"
import { classify, envelopeText } from "./classify.js"
import * as Insert from "./insert.js"
import { newRow } from "./newRow.js"
import type { Whole } from "./rows.js"
import { storableKey } from "./storable.js"

interface SqlEntry {
  readonly id: Whole
  readonly merchant_no: string
  readonly digest: Uint8Array
  readonly reason: string
  readonly received_at: Whole
  readonly last_received_at: Whole
  readonly deliveries: Whole
  readonly raw_cipher: string
  readonly raw: Uint8Array
}

/** A page of the quarantine, in order of arrival. */
export const select = (
  sql: SqlClient.SqlClient,
  after: number,
  limit: number
): Effect.Effect<ReadonlyArray<SqlEntry>, SqlError> => sql<SqlEntry>`
  SELECT id, merchant_no, digest, reason, received_at, last_received_at, deliveries, raw_cipher, raw
  FROM yunmo_quarantine WHERE id > ${after} ORDER BY id LIMIT ${limit}`

/** An entry with what verification says, and the row of the inbox that it becomes when it is genuine. */
export interface Judged {
  readonly rechecked: Rechecked
  readonly row: NewRow | undefined
}

interface Judgement {
  readonly merchantNo?: string
  readonly verdict: Verdict
  readonly row?: NewRow
}

/** Verifies as the receiver would if the message came now. */
export const make = (
  merchants: MerchantsService,
  contract: Contract.ContractService,
  atRest: AtRestService,
  ambiguous: "accept" | "setAside"
) => {
  const judge = (raw: Uint8Array): Effect.Effect<Judgement> => {
    const result = read(raw, merchants.limits)
    if (result._tag === "Unreadable") {
      const { detail, position, reason } = result
      const { message } = new UnreadableMessage({ reason, position, detail })
      return Effect.succeed({ verdict: { _tag: "Unreadable", problem: message } })
    }
    const merchantNo = envelopeText(result.message, "merchantNo")
    const verifier = merchants.find(merchantNo)
    if (verifier === undefined) {
      return Effect.succeed({ merchantNo, verdict: { _tag: "UnknownMerchant" } })
    }
    return Effect.match(verifier.verify(raw), {
      onSuccess: (verified): Judgement => {
        const classified = classify(contract, verified, ambiguous)
        const { kind, setAside } = classified
        return {
          merchantNo,
          verdict: { _tag: "Genuine", keyId: verified.keyId, kind, setAside },
          row: newRow({ ...classified, merchantNo, verified, raw })
        }
      },
      onFailure: (error): Judgement => ({
        merchantNo,
        verdict:
          error._tag === "SignatureInvalid"
            ? { _tag: "SignatureInvalid", reason: error.reason }
            : { _tag: "Unreadable", problem: error.message }
      })
    })
  }

  return (entry: SqlEntry): Effect.Effect<Judged> => {
    const owner = { merchantNo: entry.merchant_no, fingerprint: entry.digest }
    const opened = atRest.open({ cipher: entry.raw_cipher, bytes: entry.raw }, owner)
    const judgement = Either.match(opened, {
      onLeft: ({ message }): Effect.Effect<Judgement> =>
        Effect.succeed({ verdict: { _tag: "Sealed", problem: message } }),
      onRight: judge
    })
    return Effect.map(judgement, ({ merchantNo = entry.merchant_no, row, verdict }) => ({
      rechecked: {
        id: Number(entry.id),
        merchantNo,
        reason: entry.reason,
        receivedAt: Number(entry.received_at),
        deliveries: Number(entry.deliveries),
        verdict
      },
      row
    }))
  }
}

/**
 * One transaction: into the inbox and out of the quarantine, with the time at which it came. Gives whether the inbox did
 * not have it yet. Another process at the same entry waits, and then finds it moved.
 */
export const move = (
  sql: SqlClient.SqlClient,
  atRest: AtRestService,
  { id, receivedAt }: Rechecked,
  row: NewRow
) =>
  Storage.transaction(
    Effect.gen(function* () {
      // A write first: on SQLite a read that becomes a write may be refused.
      const [entry] = yield* sql<Pick<SqlEntry, "deliveries" | "last_received_at">>`
        DELETE FROM yunmo_quarantine WHERE id = ${id} RETURNING deliveries, last_received_at`
      if (entry === undefined) {
        return false
      }
      const [before] = yield* sql<Pick<SqlEntry, "last_received_at">>`
        SELECT last_received_at FROM yunmo_inbox
        WHERE merchant_no = ${storableKey(row.merchantNo)} AND fingerprint = ${row.fingerprint}`
      const [inserted] = yield* Insert.insert(sql, [Insert.candidate(row, atRest, receivedAt)])
      if (inserted === undefined) {
        return yield* new SqlError({ message: "the database gave no row back", cause: undefined })
      }
      const last = Math.max(Number(entry.last_received_at), Number(before?.last_received_at ?? 0))
      yield* sql`
        UPDATE yunmo_inbox SET deliveries = deliveries + ${Number(entry.deliveries) - 1}, last_received_at = ${last}
        WHERE id = ${inserted.id}`
      return inserted.isNew
    })
  )

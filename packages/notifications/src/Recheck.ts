/**
 * The quarantine, verified once more: after a key was mended or a merchant added, what is genuine moves into the inbox, and
 * the rest stays. Each moves in one transaction, so it is in the one or in the other, and in the inbox once, also when the
 * vendor has sent it again meanwhile: a re-send of the same bytes is recognised as ever.
 *
 * The vendor was told 401 for these, and goes on sending until its tries are used up. What is then still in the quarantine
 * is all that is left of it: recheck before new forgeries push it out.
 *
 * Everything here fails with `InboxUnavailable` when the database does not do it; what was moved until then stays moved.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { AtRest } from "./AtRest.js"
import { Doorbell } from "./Doorbell.js"
import type { InboxUnavailable, InboxUnusable } from "./InboxError.js"
import type { Kind } from "./InboxRow.js"
import { prepare } from "./internal/database.js"
import * as Judge from "./internal/judge.js"
import { guardedRepeatable, unavailable } from "./internal/sqlFailure.js"
import { Merchants } from "./Merchants.js"
import type { MerchantsOptions } from "./Receiver.js"

/**
 * What verification says now. `setAside` is given when the inbox leaves it to a person. The `reason` is one of the
 * verifier's; `Sealed` is encrypted under a key that is not configured.
 *
 * @since 0.1.0
 * @category models
 */
export type Verdict =
  | {
      readonly _tag: "Genuine"
      readonly keyId: string
      readonly kind: Kind
      readonly setAside: string | undefined
    }
  | { readonly _tag: "SignatureInvalid"; readonly reason: string }
  | { readonly _tag: "UnknownMerchant" }
  | { readonly _tag: "Unreadable"; readonly problem: string }
  | { readonly _tag: "Sealed"; readonly problem: string }

/**
 * @since 0.1.0
 * @category models
 */
export interface Rechecked {
  /** Of the quarantine. */
  readonly id: number
  /** The number that the message names; unproven where it is not genuine. */
  readonly merchantNo: string
  /** Why it is in the quarantine. */
  readonly reason: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly deliveries: number
  readonly verdict: Verdict
}

/**
 * What became of what was in the quarantine. `repeated` are genuine too: the inbox had them already.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  readonly found: number
  readonly moved: number
  readonly repeated: number
  readonly signatureInvalid: number
  readonly unknownMerchant: number
  readonly unreadable: number
  readonly sealed: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RecheckService {
  /** What {@link RecheckService.run} would do with each, in order of arrival. Changes nothing. */
  readonly plan: Stream.Stream<Rechecked, InboxUnavailable>
  /** Moves what is genuine into the inbox, in order of arrival, and rings the doorbell. */
  readonly run: Effect.Effect<Counts, InboxUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Recheck extends Context.Tag("@effect-yunmo/notifications/Recheck")<Recheck, RecheckService>() {}

/**
 * @since 0.1.0
 * @category options
 */
export type Options = Pick<MerchantsOptions, "ambiguous">

const pageSize = 50

const nothing: Counts = {
  found: 0,
  moved: 0,
  repeated: 0,
  signatureInvalid: 0,
  unknownMerchant: 0,
  unreadable: 0,
  sealed: 0
}

type Fate = Exclude<keyof Counts, "found">

const fates = {
  Genuine: "moved",
  SignatureInvalid: "signatureInvalid",
  UnknownMerchant: "unknownMerchant",
  Unreadable: "unreadable",
  Sealed: "sealed"
} as const satisfies Record<Verdict["_tag"], Fate>

/**
 * In a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<RecheckService, never, SqlClient.SqlClient | Merchants> =>
  Effect.gen(function* () {
    const client = yield* SqlClient.SqlClient
    const sql = client.withoutTransforms()
    const atRest = yield* AtRest
    const doorbell = yield* Doorbell
    const judge = Judge.make(
      yield* Merchants,
      yield* Contract.Contract,
      atRest,
      options.ambiguous ?? "accept"
    )

    const judged = Stream.paginateChunkEffect(0, (after) =>
      Judge.select(sql, after, pageSize).pipe(
        guardedRepeatable("recheck"),
        Effect.flatMap((rows) => Effect.forEach(rows, judge)),
        Effect.map((page) => [
          Chunk.unsafeFromArray(page),
          page.length < pageSize ? Option.none() : Option.fromNullable(page.at(-1)?.rechecked.id)
        ])
      )
    )

    const plan = Stream.withSpan(
      Stream.map(judged, ({ rechecked }) => rechecked),
      "Recheck.plan"
    )

    const settle = ({ rechecked, row }: Judge.Judged): Effect.Effect<Fate, InboxUnavailable> =>
      row === undefined
        ? Effect.succeed(fates[rechecked.verdict._tag])
        : Judge.move(sql, atRest, rechecked, row).pipe(
            Effect.provideService(SqlClient.SqlClient, client),
            Effect.mapError(unavailable("recheck")),
            Effect.map((isNew): Fate => (isNew ? "moved" : "repeated"))
          )

    const run = Effect.gen(function* () {
      const counts = yield* Ref.make(nothing)
      yield* Stream.runForEach(judged, (one) =>
        Effect.flatMap(settle(one), (field) =>
          Ref.update(counts, (all) => ({ ...all, found: all.found + 1, [field]: all[field] + 1 }))
        )
      ).pipe(
        Effect.ensuring(
          Effect.flatMap(Ref.get(counts), ({ moved }) => (moved > 0 ? doorbell.ring : Effect.void))
        )
      )
      const all = yield* Ref.get(counts)
      yield* Effect.annotateLogs(
        Effect.logInfo(
          `Recheck: ${all.moved} of ${all.found} messages were moved from the quarantine into the inbox`
        ),
        { event: "recheck", ...all }
      )
      return all
    }).pipe(Effect.withSpan("Recheck.run"))

    return { plan, run }
  })

/**
 * In the open database, once its tables are made; verified under the keys of the merchants as they are now.
 *
 * @example
 * ```ts
 * import * as Recheck from "@effect-yunmo/notifications/Recheck"
 * import * as Effect from "effect/Effect"
 *
 * // From a program that has the merchants and a SqlClient.
 * const recheck = Effect.flatMap(Recheck.Recheck, ({ run }) => run).pipe(Effect.provide(Recheck.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Recheck, InboxUnusable, SqlClient.SqlClient | Merchants> =>
  Layer.effect(Recheck, Effect.zipRight(prepare, make(options)))

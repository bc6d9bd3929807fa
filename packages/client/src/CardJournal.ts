/**
 * The journal of card creations. 4.02 has no key of the merchant, so the client writes down, durably and before the first
 * byte leaves, which cards the customer had. A lost answer is settled by comparing: it is done only when exactly one new
 * card of the sample has appeared. While a creation is not settled no other of the same customer begins, in whatever
 * process. The client requires a journal in its type; `layerMemory` forgets everything when the process ends and is for
 * tests only; the SQL journal is in `@effect-yunmo/processing`.
 *
 * @since 0.1.0
 */
import type { CardId, CardSampleId, CustomerId, MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

/**
 * What is known of a creation.
 *
 * - `open`: journalled; it may have been sent.
 * - `unknown`: an answer came, or a comparison was made, that settles nothing.
 * - `done`: the card is there.
 * - `refused`: refused before execution, or a person decided that there is no card.
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literal("open", "unknown", "done", "refused")
/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * A creation, and what it is compared with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Creation {
  readonly merchantNo: MerchantNo
  readonly customerId: CustomerId
  /** Which one for this customer, from 1: the one after `latest`. */
  readonly number: number
  readonly cardSampleId: CardSampleId
  /** The customer's cards before it was sent: by 4.03, and those that the journal knows. */
  readonly before: ReadonlyArray<CardId>
}

/**
 * A line of the journal.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry extends Creation {
  readonly state: State
  /** The card that was made, once it is known. */
  readonly cardId: Option.Option<CardId>
  /** Why the state is what it is: one sentence, no secret. */
  readonly note: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * What an answer, a comparison or a person said of a creation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly state: State
  readonly cardId: Option.Option<CardId>
  readonly note: string
}

/**
 * The journal cannot be written or read. Before sending this means that nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class CardJournalUnavailable extends Schema.TaggedError<CardJournalUnavailable>()(
  "CardJournalUnavailable",
  { description: Schema.String }
) {
  override get message(): string {
    return `The card journal cannot be used: ${this.description}. No card is created without it; restore its database.`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CardJournalService {
  /** The customer's latest creation. */
  readonly latest: (
    merchantNo: MerchantNo,
    customerId: CustomerId
  ) => Effect.Effect<Option.Option<Entry>, CardJournalUnavailable>
  /**
   * Writes the creation down, durably, in state `open`, and answers true; answers false, and writes nothing, when there is
   * one of this number already: somebody else was quicker.
   */
  readonly begin: (creation: Creation) => Effect.Effect<boolean, CardJournalUnavailable>
  /**
   * Writes down what was found. A settled creation (`done`, `refused`) keeps its state. Answers the entry as it stands
   * afterwards; `None` when there is no such creation.
   */
  readonly record: (
    creation: Pick<Creation, "merchantNo" | "customerId" | "number">,
    finding: Finding
  ) => Effect.Effect<Option.Option<Entry>, CardJournalUnavailable>
  /** Creations in state `open` or `unknown`, oldest first. */
  readonly unsettled: (merchantNo: MerchantNo) => Effect.Effect<ReadonlyArray<Entry>, CardJournalUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class CardJournal extends Context.Tag("@effect-yunmo/client/CardJournal")<
  CardJournal,
  CardJournalService
>() {}

/**
 * True for the states that never change again.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSettled = (state: State): boolean => state === "done" || state === "refused"

/**
 * A creation that has just been written down.
 *
 * @since 0.1.0
 * @category constructors
 */
export const opened = (creation: Creation, now: number): Entry => ({
  ...creation,
  state: "open",
  cardId: Option.none(),
  note: "journalled",
  createdAt: now,
  updatedAt: now
})

/**
 * An entry with a finding applied.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withFinding = (entry: Entry, { cardId, note, state }: Finding, now: number): Entry =>
  isSettled(entry.state) ? entry : { ...entry, state, cardId, note, updatedAt: now }

/**
 * A journal that forgets everything when the process ends. For tests only: a creation whose answer is lost together with
 * the process could be sent twice.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<CardJournal> = Layer.effect(
  CardJournal,
  Effect.gen(function* () {
    const entries = yield* Ref.make<ReadonlyArray<Entry>>([])
    const of = (all: ReadonlyArray<Entry>, merchantNo: MerchantNo, customerId: CustomerId) =>
      all.filter((entry) => entry.merchantNo === merchantNo && entry.customerId === customerId)
    return {
      latest: Effect.fn("CardJournal.latest")((merchantNo: MerchantNo, customerId: CustomerId) =>
        Effect.map(Ref.get(entries), (all) => Option.fromNullable(of(all, merchantNo, customerId).at(-1)))
      ),
      begin: Effect.fn("CardJournal.begin")(function* (creation: Creation) {
        const now = yield* Clock.currentTimeMillis
        return yield* Ref.modify(entries, (all) =>
          of(all, creation.merchantNo, creation.customerId).some(({ number }) => number === creation.number)
            ? [false, all]
            : [true, [...all, opened(creation, now)]]
        )
      }),
      record: Effect.fn("CardJournal.record")(function* ({ customerId, merchantNo, number }, finding) {
        const now = yield* Clock.currentTimeMillis
        return yield* Ref.modify(entries, (all) => {
          const found = of(all, merchantNo, customerId).find((entry) => entry.number === number)
          const entry = found && withFinding(found, finding, now)
          return [
            Option.fromNullable(entry),
            entry === undefined ? all : all.map((one) => (one === found ? entry : one))
          ]
        })
      }),
      unsettled: (merchantNo) =>
        Effect.map(Ref.get(entries), (all) =>
          all.filter((entry) => entry.merchantNo === merchantNo && !isSettled(entry.state))
        )
    }
  })
)

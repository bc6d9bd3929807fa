import type { CardQueryVo, CreateCardDto, CreateCardVo } from "@effect-yunmo/schema/Card"
import type { CardId, CustomerId } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as CardJournal from "../CardJournal.js"
import { CreationRefused, CreationUnsettled, OutcomeUnknown, RequestInvalid } from "../ClientError.js"
import * as Outcome from "../Outcome.js"
import * as Policy from "../Policy.js"
import { type Caller, request } from "./call.js"
import type { Creation, CreationDecision, CreationError, SettleCreationError } from "./sections.js"
import * as Telemetry from "./telemetry.js"
import type { Endpoint } from "./transport.js"

const operation = "createVirtualCard"

const settlementOf = (customerId: CustomerId) => ({
  key: customerId,
  advice: `Do not send it again: settle it with cards.settleCreation("${customerId}"), and ask a person when the customer's cards still cannot tell.`
})

/** How many new cards a note names; a customer with more has another problem. */
const named = 5

/**
 * Creations: one at a time per customer, the customer's cards journalled before the first byte leaves, sent once. A lost
 * answer is done when exactly one new card of the sample has appeared; otherwise a person decides.
 */
export const make = (
  { contract, merchantNo }: Endpoint,
  caller: Caller,
  journal: CardJournal.CardJournalService
): {
  readonly create: (input: CreateCardDto) => Effect.Effect<Outcome.Outcome<CreateCardVo>, CreationError>
  readonly settle: (customerId: CustomerId) => Effect.Effect<Outcome.Outcome<Creation>, SettleCreationError>
  readonly decide: (
    customerId: CustomerId,
    decision: CreationDecision
  ) => Effect.Effect<Outcome.Outcome<Creation>, SettleCreationError>
} => {
  const cardsOf = (customerId: CustomerId) =>
    caller.retried(request(contract)("listCustomerCards", { customerId }))

  const alone = (customerId: CustomerId) => caller.alone(operation, `${operation} ${customerId}`)

  /** What is known afterwards. A journal that fails now leaves the creation `open`, which is true. */
  const recorded = (creation: CardJournal.Creation, finding: CardJournal.Finding) =>
    journal.record(creation, finding).pipe(
      Effect.tapError(({ description }) =>
        Effect.logError(
          `Creation ${creation.number} for customer ${creation.customerId} is ${finding.state}, but the journal could not be told (${description}). It stays open there: settle it once the journal's database is restored.`
        )
      ),
      Effect.orElseSucceed(() => Option.none<CardJournal.Entry>()),
      Effect.map(Option.getOrElse(() => CardJournal.withFinding(CardJournal.opened(creation, 0), finding, 0)))
    )

  const found = (state: CardJournal.State, note: string, cardId?: CardId): CardJournal.Finding => ({
    state,
    cardId: Option.fromNullable(cardId),
    note
  })

  /** What a creation found in the journal comes to. */
  const outcomeOf = (entry: CardJournal.Entry): Effect.Effect<Outcome.Outcome<Creation>, CreationRefused> => {
    if (entry.state === "done" && Option.isSome(entry.cardId)) {
      return Effect.succeed(new Outcome.Done({ value: { number: entry.number, cardId: entry.cardId.value } }))
    }
    return entry.state === "refused"
      ? Effect.fail(
          new CreationRefused({
            operation,
            customerId: entry.customerId,
            creation: entry.number,
            reason: sentence(entry.note)
          })
        )
      : Effect.succeed(
          new Outcome.Unknown({
            error: new OutcomeUnknown({
              operation,
              attempt: 1,
              key: entry.customerId,
              settle: settlementOf(entry.customerId).advice,
              reason: sentence(entry.note)
            })
          })
        )
  }

  const unsettled = ({ customerId, note, number }: CardJournal.Entry) =>
    new CreationUnsettled({ operation, customerId, creation: number, reason: note })

  /**
   * The journal's number is the lock between processes: it is read before the cards are listed, so whoever finds it still
   * free afterwards knows that no creation came between.
   */
  const begun = (
    input: CreateCardDto,
    latest: Option.Option<CardJournal.Entry>,
    cards: ReadonlyArray<CardQueryVo>
  ) => {
    // A card that the vendor has made and does not list yet would look like the next one.
    const known = Option.match(latest, {
      onNone: () => [],
      onSome: ({ before, cardId }) => [...before, ...Option.toArray(cardId)]
    })
    const creation: CardJournal.Creation = {
      merchantNo,
      customerId: input.customerId,
      number: Option.match(latest, { onNone: () => 1, onSome: ({ number }) => number + 1 }),
      cardSampleId: input.cardSampleId,
      before: [...new Set([...known, ...cards.map(({ cardId }) => cardId)])]
    }
    return Effect.flatMap(journal.begin(creation), (isNew) =>
      isNew
        ? Effect.succeed(creation)
        : Effect.fail(
            new CreationUnsettled({
              operation,
              customerId: creation.customerId,
              creation: creation.number,
              reason: "another process began it at the same time"
            })
          )
    )
  }

  const create = Effect.fn("Yunmo.cards.createVirtual")(function* (input: CreateCardDto) {
    const { customerId } = input
    const asked = request(contract)(operation, input)
    const notSent = Telemetry.notSent(operation, yield* Clock.currentTimeMillis)
    yield* notSent(asked.target())
    const remaining = yield* countdown
    yield* notSent(remaining(alone(customerId)))
    const latest = yield* journal.latest(merchantNo, customerId)
    if (Option.isSome(latest) && !CardJournal.isSettled(latest.value.state)) {
      return yield* unsettled(latest.value)
    }
    const cards = yield* remaining(cardsOf(customerId))
    const send = yield* remaining(caller.ready(asked, settlementOf(customerId)))
    const creation = yield* begun(input, latest, cards)
    // An answer that has come is written down, whoever has lost interest meanwhile.
    return yield* Effect.uninterruptibleMask((restore) =>
      restore(send).pipe(
        Effect.catchAll((error) =>
          Effect.zipRight(recorded(creation, found("refused", error.message)), Effect.fail(error))
        ),
        Effect.tap((answer) =>
          recorded(
            creation,
            answer._tag === "Done"
              ? found("done", "the vendor answered with the card", answer.value.cardId)
              : found("unknown", answer.error.reason)
          )
        )
      )
    )
  }, Effect.scoped)

  /** Which cards could be the one: those that are new and, as far as the list says it, of the sample. */
  const comparison = (entry: CardJournal.Entry, cards: ReadonlyArray<CardQueryVo>): CardJournal.Finding => {
    const fresh = cards.filter(
      ({ cardId, cardSampleId }) =>
        !entry.before.includes(cardId) && (cardSampleId === undefined || cardSampleId === entry.cardSampleId)
    )
    const [card] = fresh
    if (card === undefined) {
      return found(
        "unknown",
        `no new card of sample ${entry.cardSampleId} is listed (yet): ask again later, and when it stays so a person decides`
      )
    }
    const names = fresh.slice(0, named).map(({ cardId }) => cardId)
    if (fresh.length > 1) {
      return found(
        "unknown",
        `${fresh.length} new cards could be it (${names.join(", ")}${fresh.length > named ? " and others" : ""}): a person decides`
      )
    }
    return card.cardSampleId === undefined
      ? found(
          "unknown",
          `card ${card.cardId} is new, but the list does not say of which sample: a person decides`
        )
      : found("done", "exactly one new card of the sample is listed", card.cardId)
  }

  /** The customer's latest creation, with nobody else at it in this process. */
  const latestOf = (
    customerId: CustomerId
  ): Effect.Effect<CardJournal.Entry, SettleCreationError, Scope.Scope> =>
    Effect.gen(function* () {
      yield* alone(customerId)
      const latest = yield* journal.latest(merchantNo, customerId)
      return Option.isSome(latest)
        ? latest.value
        : yield* new RequestInvalid({
            operation,
            problems: [{ path: "customerId", problem: "has no creation in this client's card journal" }]
          })
    })

  const settle = Effect.fn("Yunmo.cards.settleCreation")(function* (customerId: CustomerId) {
    const entry = yield* latestOf(customerId)
    return CardJournal.isSettled(entry.state)
      ? yield* outcomeOf(entry)
      : yield* cardsOf(customerId).pipe(
          Effect.flatMap((cards) => recorded(entry, comparison(entry, cards))),
          Effect.flatMap(outcomeOf)
        )
  }, Effect.scoped)

  const decide = Effect.fn("Yunmo.cards.decideCreation")(function* (
    customerId: CustomerId,
    { by, cardId }: CreationDecision
  ) {
    const entry = yield* latestOf(customerId)
    if (CardJournal.isSettled(entry.state)) {
      return yield* outcomeOf(entry)
    }
    const finding =
      cardId === undefined
        ? found("refused", `${by} decided that it made no card`)
        : found("done", `${by} decided which card it made`, cardId)
    const decided = yield* journal.record(entry, finding)
    return yield* outcomeOf(Option.getOrElse(decided, () => CardJournal.withFinding(entry, finding, 0)))
  }, Effect.scoped)

  return { create, settle, decide }
}

/** A note of the journal as a sentence. */
const sentence = (note: string): string =>
  `${note.charAt(0).toUpperCase()}${note.slice(1)}${note.endsWith(".") ? "" : "."}`

/** Gives each part of a creation what is left of the deadline of the whole. */
const countdown = Effect.gen(function* () {
  const { deadline } = yield* Policy.Policy
  const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(deadline)
  return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Policy.within({ deadline: Duration.millis(Math.max(end - now, 0)) })(effect)
    )
})

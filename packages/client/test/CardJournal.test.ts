import { assert, describe, it } from "@effect/vitest"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as CardJournal from "../src/CardJournal.js"
import { merchantNo } from "./support/client.js"
import * as Id from "./support/ids.js"

const creation = (number: number, changes: Partial<CardJournal.Creation> = {}): CardJournal.Creation => ({
  merchantNo,
  customerId: Id.customerId,
  number,
  cardSampleId: Id.cardSampleId,
  before: [Id.cardId],
  ...changes
})

const finding = (state: CardJournal.State): CardJournal.Finding => ({
  state,
  cardId: state === "done" ? Option.some(Id.otherCardId) : Option.none(),
  note: `it is ${state}`
})

describe("layerMemory", () => {
  it.effect("of many at once lets one through", () =>
    Effect.gen(function* () {
      const journal = yield* CardJournal.CardJournal
      const begun = yield* Effect.all(
        Array.from({ length: 100 }, () => journal.begin(creation(1))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(begun.filter(Boolean).length, 1)
      assert.isTrue(yield* journal.begin(creation(1, { merchantNo: MerchantNo.make("BU2") })))
    }).pipe(Effect.provide(CardJournal.layerMemory))
  )
})

describe("withFinding", () => {
  it.prop(
    "never changes what is settled, and nothing of what the creation is",
    [FastCheck.array(FastCheck.constantFrom(...CardJournal.State.literals), { maxLength: 6 })],
    ([states]) => {
      let entry = CardJournal.opened(creation(1), 0)
      for (const [index, state] of states.entries()) {
        const after = CardJournal.withFinding(entry, finding(state), index)
        if (CardJournal.isSettled(entry.state)) {
          assert.strictEqual(after, entry)
        } else {
          assert.deepStrictEqual(after, {
            ...CardJournal.opened(creation(1), 0),
            ...finding(state),
            updatedAt: index
          })
        }
        entry = after
      }
    }
  )

  it("settled are done and refused", () => {
    assert.deepStrictEqual(CardJournal.State.literals.filter(CardJournal.isSettled), ["done", "refused"])
  })
})

it("CardJournalUnavailable says that nothing is created without the journal", () => {
  assert.strictEqual(
    new CardJournal.CardJournalUnavailable({ description: "the disk is full" }).message,
    "The card journal cannot be used: the disk is full. No card is created without it; restore its database."
  )
})

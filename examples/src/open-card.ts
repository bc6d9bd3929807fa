/** From nothing to an active virtual card. */
import { Outcome, Yunmo } from "@effect-yunmo/client"
import { Contract, Ids } from "@effect-yunmo/schema"
import { Data, Effect, Option, Redacted, Schedule } from "effect"

/** KYC is still under review, or was not passed. */
class KycNotPassed extends Data.TaggedError("KycNotPassed")<{
  readonly customerId: string
  readonly state: string
}> {
  override get message(): string {
    return `The KYC of customer ${this.customerId} is ${this.state}.`
  }
}

export const openCard = (customerCode: string) =>
  Effect.gen(function* () {
    const { cards, customers, kyc } = yield* Yunmo.Yunmo
    const contract = yield* Contract.Contract

    const { customerId } = yield* customers.create({ customerCode: Ids.CustomerCode.make(customerCode) })
    yield* Effect.log(`customer ${customerId}`)

    yield* kyc.submit({
      customerId,
      firstName: "Ada",
      lastName: "Lovelace",
      birthday: "1990-12-10",
      nationality: "PH",
      idType: "PASSPORT",
      // Ours is a sandbox: with this number KYC passes after a second.
      idNumber: Redacted.make("SANDBOX-KYC-PASSES"),
      // A photo from a file or an upload: `Photo.fromStream` in @effect-yunmo/client.
      idFrontPhoto: Redacted.make("/9j/4AAQSkZJRg==")
    })

    // The vendor sends a notification too; this is how to ask.
    yield* kyc.status({ customerId }).pipe(
      Effect.map(({ auditState }) =>
        Option.getOrElse(Contract.meaningOf(contract, "kycState", auditState), () => auditState)
      ),
      Effect.filterOrFail(
        (state) => state === "passed",
        (state) => new KycNotPassed({ customerId, state })
      ),
      Effect.retry({
        while: (error) => error._tag === "KycNotPassed" && error.state !== "rejected",
        schedule: Schedule.spaced("300 millis").pipe(Schedule.upTo("1 minute"))
      })
    )
    yield* Effect.log("KYC passed")

    const samples = yield* cards.samples
    const sample = yield* Effect.fromNullable(
      samples.find(({ cardForm }) =>
        Option.contains(Contract.meaningOf(contract, "cardForm", cardForm), "virtual")
      )
    )
    // Sent once. When the answer is lost, `cards.settleCreation` says whether there is a card.
    const { cardId } = yield* cards
      .createVirtual({ customerId, cardSampleId: sample.cardSampleId })
      .pipe(Outcome.orFail)
    yield* Effect.log(`card ${cardId}`)
    return cardId
  })

import { assert, describe, it } from "@effect/vitest"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as BigDecimal from "effect/BigDecimal"
import * as FastCheck from "effect/FastCheck"
import { type Event, fold, type State, type Transaction } from "../src/TransactionFold.js"

let serial = 0

/** An event that succeeded, of a sub-order of its own. */
const event = (kind: Event["kind"], amount: string | undefined, overrides: Partial<Event> = {}): Event => {
  serial += 1
  return {
    businessKey: `key-${String(serial).padStart(6, "0")}`,
    subOrderNo: `SU${serial}`,
    kind,
    status: "succeeded",
    amount: amount === undefined ? undefined : Amount.unsafeFromText(amount),
    currency: "USD",
    eventTime: "2026-02-10 16:11:36",
    ...overrides
  }
}

const plain = (value: BigDecimal.BigDecimal) => Amount.fromDecimal(BigDecimal.normalize(value)).text

const shown = (transaction: Transaction) => ({
  ...transaction,
  authorized: plain(transaction.authorized),
  settled: plain(transaction.settled),
  reversed: plain(transaction.reversed),
  refunded: plain(transaction.refunded)
})

const permutations = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  items.length <= 1
    ? [items]
    : items.flatMap((item, at) =>
        permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest])
      )

/** That every order of arrival ends the same; answers how. */
const inEveryOrder = (events: ReadonlyArray<Event>) => {
  const [first, ...others] = permutations(events).map((order) => shown(fold(order)))
  for (const other of others) {
    assert.deepStrictEqual(other, first)
  }
  assert(first !== undefined)
  return first
}

const auth = (amount: string, overrides?: Partial<Event>) => event("authorization", amount, overrides)
const more = (amount: string, overrides?: Partial<Event>) =>
  event("additionalAuthorization", amount, overrides)
const settle = (amount: string, overrides?: Partial<Event>) => event("settlement", amount, overrides)
const refund = (amount: string, overrides?: Partial<Event>) => event("refund", amount, overrides)
const cancel = (amount: string | undefined, overrides?: Partial<Event>) =>
  event("cancellation", amount, overrides)
const buy = (amount: string, overrides?: Partial<Event>) => event("transaction", amount, overrides)

describe("the life of a transaction, in every order of arrival", () => {
  const lives: ReadonlyArray<{
    readonly life: string
    readonly events: () => ReadonlyArray<Event>
    readonly state: State
    readonly sums?: Partial<Record<"authorized" | "settled" | "reversed" | "refunded", string>>
  }> = [
    { life: "nothing", events: () => [], state: "unknown" },
    { life: "authorized", events: () => [auth("10")], state: "authorized", sums: { authorized: "10" } },
    {
      life: "authorized for more",
      events: () => [auth("10"), more("2.5"), more("0.01")],
      state: "authorized",
      sums: { authorized: "12.51" }
    },
    {
      life: "settled in full",
      events: () => [auth("10"), settle("10")],
      state: "settled",
      sums: { authorized: "10", settled: "10" }
    },
    {
      life: "settled for more, a tip say",
      events: () => [auth("10"), settle("12")],
      state: "settled",
      sums: { settled: "12" }
    },
    {
      life: "settled in parts, some missing",
      events: () => [auth("10"), settle("4"), settle("5.99")],
      state: "partlySettled",
      sums: { authorized: "10", settled: "9.99" }
    },
    {
      life: "settled in parts, all there",
      events: () => [auth("10"), settle("4"), settle("6")],
      state: "settled",
      sums: { settled: "10" }
    },
    {
      life: "settled at nothing",
      events: () => [auth("10"), settle("0.00")],
      state: "partlySettled",
      sums: { authorized: "10", settled: "0" }
    },
    {
      life: "a purchase without authorization",
      events: () => [buy("7.50")],
      state: "settled",
      sums: { settled: "7.5" }
    },
    {
      life: "a purchase for nothing, to check the card",
      events: () => [buy("0.00")],
      state: "settled",
      sums: { settled: "0" }
    },
    {
      life: "cancelled",
      events: () => [auth("10"), cancel("10")],
      state: "reversed",
      sums: { authorized: "10", reversed: "10" }
    },
    {
      life: "cancelled without an amount",
      events: () => [auth("10"), more("5"), cancel(undefined)],
      state: "reversed",
      sums: { authorized: "15", reversed: "15" }
    },
    {
      life: "cancelled in part",
      events: () => [auth("10"), cancel("3")],
      state: "authorized",
      sums: { authorized: "10", reversed: "3" }
    },
    {
      life: "cancelled in part and settled for the rest",
      events: () => [auth("10"), cancel("3"), settle("7")],
      state: "settled",
      sums: { authorized: "10", reversed: "3", settled: "7" }
    },
    {
      life: "settled in part and the rest cancelled",
      events: () => [auth("10"), settle("4"), cancel(undefined)],
      state: "settled",
      sums: { settled: "4" }
    },
    {
      life: "cancelled, and of the authorization nothing was heard",
      events: () => [cancel("10")],
      state: "reversed",
      sums: { authorized: "0", reversed: "10" }
    },
    {
      life: "refunded in part",
      events: () => [auth("10"), settle("10"), refund("2"), refund("3")],
      state: "partlyRefunded",
      sums: { settled: "10", refunded: "5" }
    },
    {
      life: "refunded in full",
      events: () => [auth("10"), settle("10"), refund("10.00")],
      state: "refunded",
      sums: { refunded: "10" }
    },
    {
      life: "a purchase refunded in full",
      events: () => [buy("7"), refund("7")],
      state: "refunded"
    },
    {
      life: "a refund of which nothing else was heard",
      events: () => [refund("3")],
      state: "refunded",
      sums: { settled: "0", refunded: "3" }
    },
    {
      life: "declined",
      events: () => [auth("10", { status: "failed" })],
      state: "declined",
      sums: { authorized: "0" }
    },
    {
      life: "declined for more",
      events: () => [auth("10"), more("100", { status: "failed" })],
      state: "authorized",
      sums: { authorized: "10" }
    },
    { life: "pending", events: () => [auth("10", { status: "pending" })], state: "pending" },
    {
      life: "pending after a decline",
      events: () => [auth("10", { status: "failed" }), auth("10", { status: "pending" })],
      state: "pending"
    },
    {
      life: "a settlement that failed",
      events: () => [auth("10"), settle("10", { status: "failed" })],
      state: "authorized",
      sums: { settled: "0" }
    },
    {
      life: "no status at all, as in the vendor's sample",
      events: () => [auth("10", { status: undefined }), settle("10", { status: undefined })],
      state: "settled",
      sums: { authorized: "10", settled: "10" }
    },
    {
      life: "six events",
      events: () => [auth("10"), more("5"), settle("9"), settle("6"), refund("1"), refund("2")],
      state: "partlyRefunded",
      sums: { authorized: "15", settled: "15", refunded: "3" }
    },
    {
      life: "six events with a cancellation",
      events: () => [
        auth("10"),
        more("5"),
        cancel("5"),
        settle("10"),
        refund("4"),
        auth("1", { status: "failed" })
      ],
      state: "partlyRefunded",
      sums: { authorized: "15", reversed: "5", settled: "10", refunded: "4" }
    }
  ]
  for (const { events, life, state, sums } of lives) {
    it(life, () => {
      const found = inEveryOrder(events())
      assert.strictEqual(found.state, state)
      assert.deepInclude(found, sums ?? {})
    })
  }
})

describe("reports of one leg", () => {
  it("replace each other: the one that says more counts, once", () => {
    const leg = { subOrderNo: "SU-one" }
    const found = inEveryOrder([
      auth("10", { ...leg, status: "pending" }),
      auth("10", { ...leg, status: "succeeded" }),
      auth("10", { ...leg, status: undefined }),
      auth("10", { ...leg, status: "unknown" }),
      auth("10", { ...leg, status: "failed" })
    ])
    assert.deepInclude(found, { state: "authorized", authorized: "10", events: 5 })
  })

  it("of the same weight: the later one counts, and between equal times always the same one", () => {
    const leg = { subOrderNo: "SU-one" }
    const later = inEveryOrder([
      auth("10", { ...leg, eventTime: "2026-02-10 16:11:36" }),
      auth("12", { ...leg, eventTime: "2026-02-10 16:11:37" }),
      auth("11", { ...leg, eventTime: "" })
    ])
    assert.deepInclude(later, { authorized: "12", lastEventTime: "2026-02-10 16:11:37" })
    assert.strictEqual(inEveryOrder([auth("1", leg), auth("2", leg), auth("3", leg)]).authorized, "3")
  })

  it("legs of different kinds of one sub-order do not replace each other", () => {
    const leg = { subOrderNo: "" }
    const found = inEveryOrder([auth("10", leg), settle("10", leg), refund("4", leg)])
    assert.deepInclude(found, { state: "partlyRefunded", authorized: "10", settled: "10", refunded: "4" })
  })

  it("an event given twice counts once", () => {
    const events = [auth("10"), settle("4"), refund("1")]
    assert.deepStrictEqual(shown(fold([...events, ...events, ...events])), shown(fold(events)))
    assert.strictEqual(fold([...events, ...events]).events, 3)
  })
})

describe("what cannot be added up", () => {
  it("several currencies are unknown, and give no sum", () => {
    const found = inEveryOrder([auth("10"), settle("10", { currency: "PHP" })])
    assert.deepInclude(found, { state: "unknown", currency: "", authorized: "0", settled: "0" })
  })

  it("a currency of what failed, or of what nobody can read, does not count", () => {
    const found = inEveryOrder([
      auth("10"),
      auth("9", { currency: "PHP", status: "failed" }),
      event(undefined, "8", { currency: "EUR" })
    ])
    assert.deepInclude(found, { state: "authorized", currency: "USD", authorized: "10", events: 3 })
  })

  it("an event without currency is taken for one in the order's", () => {
    const found = inEveryOrder([auth("10"), settle("10", { currency: "" })])
    assert.deepInclude(found, { state: "settled", currency: "USD" })
  })

  it("a kind without meaning is counted as an event and nowhere else", () => {
    assert.deepInclude(inEveryOrder([event(undefined, "10")]), { state: "unknown", events: 1, settled: "0" })
    assert.deepInclude(inEveryOrder([auth("10"), event(undefined, "3"), event(undefined, "4")]), {
      state: "authorized",
      authorized: "10",
      events: 3
    })
  })

  it("a status without meaning is not taken for success, nor for failure", () => {
    assert.deepInclude(inEveryOrder([auth("10", { status: "unknown" })]), {
      state: "unknown",
      authorized: "0",
      events: 1
    })
    assert.deepInclude(inEveryOrder([auth("10"), settle("10", { status: "unknown" })]), {
      state: "authorized",
      authorized: "10",
      settled: "0"
    })
    assert.strictEqual(
      inEveryOrder([auth("10", { status: "unknown" }), auth("10", { status: "failed" })]).state,
      "unknown"
    )
  })

  for (const kind of ["authorization", "settlement", "transaction", "refund"] as const) {
    it(`an amount that is missing leaves a ${kind} unknown`, () => {
      assert.strictEqual(inEveryOrder([event(kind, undefined)]).state, "unknown")
      assert.strictEqual(inEveryOrder([auth("10"), settle("4"), event(kind, undefined)]).state, "unknown")
    })
  }
})

describe("amounts are exact", () => {
  it("0.1 and 0.2 are 0.3, at any scale and size", () => {
    assert.strictEqual(inEveryOrder([auth("0.1"), more("0.2000")]).authorized, "0.3")
    assert.strictEqual(
      inEveryOrder([auth("99999999999999999999.000000000000000001"), more("0.000000000000000001")])
        .authorized,
      "99999999999999999999.000000000000000002"
    )
    assert.deepInclude(inEveryOrder([auth("10.000"), settle("10")]), { state: "settled" })
    assert.deepInclude(inEveryOrder([auth("10"), settle("9.999999999999999999")]), { state: "partlySettled" })
  })
})

describe("properties", () => {
  const amounts = FastCheck.bigInt({ min: 0n, max: 10n ** 12n }).map((cents) =>
    Amount.fromDecimal(BigDecimal.make(cents, 2))
  )
  const anyEvent: FastCheck.Arbitrary<Omit<Event, "businessKey">> = FastCheck.record({
    subOrderNo: FastCheck.constantFrom("", "SU1", "SU2"),
    kind: FastCheck.constantFrom(
      "authorization",
      "additionalAuthorization",
      "settlement",
      "cancellation",
      "refund",
      "transaction",
      undefined
    ),
    status: FastCheck.constantFrom("pending", "succeeded", "failed", "unknown", undefined),
    amount: FastCheck.option(amounts, { nil: undefined, freq: 6 }),
    currency: FastCheck.constantFrom("USD", "USD", "USD", "PHP", ""),
    eventTime: FastCheck.constantFrom("", "2026-02-10 16:11:36", "2026-02-10 16:11:37")
  })
  const anyEvents = FastCheck.array(anyEvent, { maxLength: 6 }).map((events) =>
    events.map((one, index): Event => ({ ...one, businessKey: `key-${index}` }))
  )

  it("any six events end the same in all 720 orders, and when some are told again", () => {
    FastCheck.assert(
      FastCheck.property(anyEvents, FastCheck.nat(), (events, at) => {
        const found = inEveryOrder(events)
        const again = events.length === 0 ? [] : [...events, ...events.slice(at % events.length)]
        assert.deepStrictEqual(shown(fold([...events, ...again])), found)
      }),
      { numRuns: 150 }
    )
  })

  it("nothing that did not succeed moves money", () => {
    FastCheck.assert(
      FastCheck.property(anyEvents, (reports) => {
        const events = reports.map((one, index): Event => ({ ...one, subOrderNo: `SU${index}` }))
        const counted = events.filter(({ status }) => status === "succeeded" || status === undefined)
        const { authorized, refunded, reversed, settled } = shown(fold(events))
        const alone = shown(fold(counted))
        assert.deepStrictEqual(
          [authorized, settled, reversed, refunded],
          [alone.authorized, alone.settled, alone.reversed, alone.refunded]
        )
      }),
      { numRuns: 1000 }
    )
  })

  it("the sums are those of the amounts, cent by cent", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(amounts, { minLength: 1, maxLength: 6 }), (list) => {
        const events = list.map(({ text }) => settle(text))
        const cents = list.reduce((total, { value }) => total + BigDecimal.scale(value, 2).value, 0n)
        assert.isTrue(BigDecimal.equals(fold(events).settled, BigDecimal.make(cents, 2)))
      })
    )
  })
})

import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Redacted from "effect/Redacted"
import * as Fault from "../../src/Fault.js"
import * as Magic from "../../src/Magic.js"
import { merchant } from "./vendor.js"

/** Two merchants, so that what belongs to one can be asked for by the other. */
export const merchants = [merchant, { ...merchant, merchantNo: "BU000000002" }] as const

/** Anything that anyone can do to a sandbox, as it goes over the wire. */
export type Action =
  | {
      readonly _tag: "Call"
      readonly by: 0 | 1
      readonly name: Operation.Name
      readonly token: string
      readonly data: Codec.JsonObject
    }
  | { readonly _tag: "Move"; readonly path: string; readonly body: Codec.JsonObject }

/** As a line of a log. */
export const show = (action: Action): string =>
  action._tag === "Call"
    ? `merchant ${action.by + 1} ${action.name} ${JSON.stringify(action.data)}`
    : `POST ${action.path} ${JSON.stringify(action.body)}`

export type Chance = () => number

/** A source of chance that shares nothing with the sandbox's. */
export const chanceFrom = (seed: number): Chance => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What someone outside knows, who has only their own calls and the answers to go by. */
export const makeKnown = () => {
  const ids = {
    customerId: [] as Array<string>,
    cardId: [] as Array<string>,
    purchase: [] as Array<string>,
    authId: [] as Array<string>,
    transactionId: [] as Array<string>,
    letter: [] as Array<readonly [sku: string, activationCode: string]>
  }
  const tokens: [string, string] = ["", ""]
  return {
    ids,
    tokens,
    /** How many order numbers and customer codes were given out. */
    orders: 0,
    customers: 0,
    /** Notes what an answer's data says. */
    learn: (action: Action, data: unknown): void => {
      const fields: Readonly<Record<string, unknown>> =
        typeof data === "object" && data !== null && !Array.isArray(data) ? { ...data } : {}
      const note = (list: Array<string>, value: unknown): void => {
        if (typeof value === "string" && !list.includes(value)) list.push(value)
      }
      note(ids.customerId, fields["customerId"])
      note(ids.cardId, fields["cardId"])
      note(ids.authId, fields["authId"])
      note(ids.transactionId, fields["transactionId"])
      const orderNo = fields["orderNo"]
      // Little can happen to a declined purchase: one in ten is remembered.
      if (action._tag === "Move" && (fields["status"] === "succeeded" || String(orderNo).endsWith("0"))) {
        note(ids.purchase, orderNo)
      }
      if (typeof fields["sku"] === "string" && typeof fields["activationCode"] === "string") {
        ids.letter.push([fields["sku"], fields["activationCode"]])
      }
      if (action._tag === "Call" && typeof fields["token"] === "string") {
        tokens[action.by] = fields["token"]
      }
    },
    /** Notes the code of an answer: who is told that a token is no good forgets it. */
    hear: (action: Action, code: unknown): void => {
      if (action._tag === "Call" && (code === "2000001" || code === "2000002")) tokens[action.by] = ""
    }
  }
}
export type Known = ReturnType<typeof makeKnown>

const one = <A>(chance: Chance, list: ReadonlyArray<A>, otherwise: A): A => {
  const [found = otherwise] = list.slice(Math.floor(chance() * list.length))
  return found
}

/** Among the newest more often than not: what happened lately is what most can still happen to. */
const recent = <A>(chance: Chance, list: ReadonlyArray<A>, otherwise: A): A =>
  one(chance, chance() < 0.7 ? list.slice(-12) : list, otherwise)

const weighted = <A>(chance: Chance, choices: ReadonlyArray<readonly [weight: number, choice: A]>): A => {
  let left = chance() * choices.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, choice] of choices) {
    left -= weight
    if (left < 0) return choice
  }
  throw new Error("there is nothing to choose from")
}

const amount = (chance: Chance): string =>
  weighted(chance, [
    [80, (Math.ceil(chance() * 20_000) / 100).toFixed(2)],
    [8, String(Math.ceil(chance() * 300))],
    [3, one(chance, Object.values(Magic.topUp), "1.00")],
    [2, "0.001"],
    [2, "0.01"],
    [1, "0"],
    [1, "-5.00"],
    [1, "9999999999.99"],
    [1, "12.345"],
    [1, "ten"]
  ])

const idNumber = (chance: Chance): string =>
  weighted(chance, [
    [90, "P0000001"],
    [10, one(chance, Object.values(Magic.kyc), "P0000002")]
  ])

/** The data of a call to an operation, with things that exist for the most part. */
const dataOf = (name: Operation.Name, chance: Chance, known: Known): Codec.JsonObject => {
  const { ids } = known
  const pick = (list: ReadonlyArray<string>, wrong: string): string =>
    chance() < 0.04 ? wrong : recent(chance, list, wrong)
  const customerId = pick(ids.customerId, "AU000000000")
  const cardId = pick(ids.cardId, "CD0")
  const [sku, activationCode] = recent(chance, ids.letter, ["SKU0", "00000000"])
  const ownNumber = (): string => `o-${Math.max(0, known.orders - Math.floor(chance() * 10))}`
  switch (name) {
    case "login":
      return { apiKey: chance() < 0.05 ? "another" : Redacted.value(merchant.apiKey) }
    case "createCustomer":
      known.customers += chance() < 0.9 ? 1 : 0
      return { customerCode: chance() < 0.05 ? `${Magic.forcedCode}3000001` : `c-${known.customers}` }
    case "queryCustomer":
      return chance() < 0.5 ? { customerId } : { customerCode: `c-${known.customers}` }
    case "submitKyc":
      return {
        customerId,
        firstName: "Ada",
        lastName: "Lovelace",
        birthday: "1990-12-10",
        nationality: "PH",
        idType: "PASSPORT",
        idNumber: idNumber(chance),
        idFrontPhoto: chance() < 0.05 ? "no photo" : "/9j/4AAQSkZJRg=="
      }
    case "getLivenessUrl":
    case "getKycStatus":
    case "listCustomerCards":
      return { customerId }
    case "getLivenessResult":
      return { customerId, transactionId: pick(ids.transactionId, "LV0") }
    case "listCardSamples":
      return {}
    case "createVirtualCard":
      return {
        customerId,
        cardSampleId: weighted(chance, [
          [9, "CS0001"],
          [1, "CS0002"]
        ])
      }
    case "adjustBalance":
      known.orders += chance() < 0.9 ? 1 : 0
      return {
        cardId,
        amount: amount(chance),
        direction: weighted(chance, [
          [70, "INCREASE"],
          [28, "DECREASE"],
          [2, "SIDEWAYS"]
        ]),
        merchantOrderNo: `o-${known.orders}`
      }
    case "queryTopUpOrder":
      return { merchantOrderNo: ownNumber() }
    case "getCardDetail":
    case "destroyCard":
    case "freezeCard":
    case "unfreezeCard":
    case "getCardPanHtml":
    case "getCardPan":
    case "getCardPin":
      return { cardId }
    case "updateCardPhone":
      return { cardId, dialCode: "63", phoneNumber: "9170000000" }
    case "updateCardEmail":
      return { cardId, email: "ada@example.com" }
    case "updateCardLimit":
      return {
        cardId,
        ...(chance() < 0.5 ? { singleLimit: "150.00" } : {}),
        ...(chance() < 0.5 ? { dailyLimit: "800.00" } : {}),
        ...(chance() < 0.5 ? { monthlyLimit: "5000.00" } : {})
      }
    case "bindPhysicalCard":
      return { customerId, sku, activationCode }
    case "activatePhysicalCard":
      return { cardId, activationCode }
    case "confirmThreeDs":
      return { authId: pick(ids.authId, "TDS0"), cardId, result: chance() < 0.6 ? "APPROVE" : "DECLINE" }
  }
}

export const callOf = (name: Operation.Name, chance: Chance, known: Known): Action => {
  const by =
    name !== "login" ? (chance() < 0.95 ? 0 : 1) : known.tokens[0] === "" ? 0 : chance() < 0.5 ? 0 : 1
  const token = name === "login" ? "" : chance() < 0.01 ? "no token" : known.tokens[by]
  return { _tag: "Call", by, name, token, data: dataOf(name, chance, known) }
}

const some = <A>(chance: Chance, list: ReadonlyArray<A>): ReadonlyArray<A> =>
  list.filter(() => chance() < 0.3)

/** A bad day of these kinds, for one call in fifteen and one notification in eight each. */
export const badDay = (
  calls: ReadonlyArray<Fault.CallFault>,
  notifications: ReadonlyArray<Fault.NotificationFault>
): { readonly [K in keyof Fault.Plan]-?: NonNullable<Fault.Plan[K]> } => ({
  calls: calls.flatMap((fault) => [
    { fault, rate: 0.04, executed: true },
    { fault, rate: 0.02, executed: false }
  ]),
  notifications: notifications.map((fault) => ({ fault, rate: 0.12 }))
})

/** A move of the control surface. */
const moveOf = (chance: Chance, known: Known): Action => {
  const { ids } = known
  const customerId = recent(chance, ids.customerId, "AU000000000")
  const cardId = recent(chance, ids.cardId, "CD0")
  const orderNo = chance() < 0.03 ? "OR0" : recent(chance, ids.purchase, "OR0")
  const part = (): Codec.JsonObject =>
    weighted(chance, [
      [5, {}],
      [3, { amount: amount(chance) }],
      [1, { principal: amount(chance) }],
      [1, { amount: amount(chance), principal: amount(chance) }]
    ])
  const purchase = (): Codec.JsonObject => ({
    cardId,
    amount: amount(chance),
    currency: weighted(chance, [
      [85, "USD"],
      [6, "EUR"],
      [6, "PHP"],
      [3, "XTS"]
    ]),
    ...(chance() < 0.1 ? { principal: amount(chance) } : {}),
    ...(chance() < 0.1 ? { merchantName: Magic.ambiguousShop } : {})
  })
  const moves: ReadonlyArray<readonly [number, () => readonly [path: string, body: Codec.JsonObject]]> = [
    [18, () => ["/authorizations", purchase()]],
    [8, () => ["/additional-authorizations", { orderNo, amount: amount(chance) }]],
    [14, () => ["/settlements", { orderNo, ...part(), ...(chance() < 0.3 ? { final: false } : {}) }]],
    [6, () => ["/cancellations", { orderNo }]],
    [12, () => ["/refunds", { orderNo, ...part() }]],
    [8, () => ["/transactions", purchase()]],
    [
      5,
      () => ["/three-ds-requests", { cardId, amount: amount(chance), currency: "USD", expiresInSeconds: 60 }]
    ],
    [
      8,
      () => [
        "/order-results",
        {
          merchantOrderNo: `o-${known.orders - Math.floor(chance() * 4)}`,
          result: chance() < 0.5 ? "done" : "failed"
        }
      ]
    ],
    [8, () => ["/kyc-reviews", { customerId, result: chance() < 0.8 ? "passed" : "rejected" }]],
    [3, () => ["/liveness-results", { customerId, result: chance() < 0.7 ? "passed" : "failed" }]],
    [3, () => ["/physical-cards", { merchantNo: merchants[chance() < 0.8 ? 0 : 1].merchantNo }]],
    [1, () => ["/merchant-states", { merchantNo: merchants[1].merchantNo, enabled: chance() < 0.7 }]],
    [12, () => ["/clock-moves", { bySeconds: one(chance, [0, 0.1, 0.25, 1, 5, 10, 60, 3600, 86_400], 1) }]],
    [
      4,
      () => [
        "/rules",
        weighted<Codec.JsonObject>(chance, [
          [4, { settleAfterSeconds: one<number | null>(chance, [null, 0, 0.25, 5], 0) }],
          [2, { kycReviewAfterSeconds: one<number | null>(chance, [null, 0, 5], 0) }],
          [2, { duplicateOrders: chance() < 0.5 ? "execute" : "refuse" }],
          [1, { tokenLifetimeSeconds: one<number | null>(chance, [null, 600], null) }],
          [1, { loginEndsOldTokens: chance() < 0.5 }],
          [1, { checkToken: chance() < 0.8 }],
          [1, { magic: chance() < 0.7 }]
        ])
      ]
    ],
    [
      3,
      () => [
        "/faults",
        chance() < 0.4
          ? {}
          : JSON.parse(
              JSON.stringify(
                badDay(some(chance, Fault.CallFault.literals), some(chance, Fault.NotificationFault.literals))
              )
            )
      ]
    ]
  ]
  const [path, body] = weighted(chance, moves)()
  return { _tag: "Move", path, body }
}

const callWeights: ReadonlyArray<readonly [weight: number, name: Operation.Name]> = Operation.all.map(
  ({ name }) => {
    switch (name) {
      case "adjustBalance":
        return [36, name]
      case "createCustomer":
      case "submitKyc":
      case "createVirtualCard":
        return [7, name]
      case "destroyCard":
      case "freezeCard":
        return [1, name]
      case "getCardPan":
      case "getCardPin":
        return [1, name]
      default:
        return [2, name]
    }
  }
)

/** How a life begins that is worth living: with customers who have cards with money on them. */
export const beginning: ReadonlyArray<Operation.Name> = Array.from({ length: 5 }).flatMap(() => [
  "createCustomer",
  "submitKyc",
  "createVirtualCard",
  "adjustBalance",
  "adjustBalance"
])

/** Whatever comes next. */
export const anything = (chance: Chance, known: Known): Action =>
  known.tokens[0] === ""
    ? callOf("login", chance, known)
    : chance() < 0.5
      ? callOf(weighted(chance, callWeights), chance, known)
      : moveOf(chance, known)

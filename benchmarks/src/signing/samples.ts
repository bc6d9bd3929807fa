/** The messages that are measured, each with a valid signature. */
import { createHash } from "node:crypto"

export const secret = "1111111111111111"

/** TRADE, with the fields, order and nulls of the vendor's sample (VENDOR 6.4); the values are made up. */
const trade = {
  orderNo: "20260211000000001",
  subOrderNo: "20260211000000002",
  cardId: "C0012",
  eventType: null,
  subType: null,
  status: null,
  subStatus: null,
  amount: "5700.00",
  currency: "PHP",
  principal: "96.78",
  refund: null,
  refundFee: null,
  reversal: null,
  reversalFee: null,
  atmFee: "0.00",
  authorizationFee: "0.00",
  fxFee: "0.0000",
  serviceFee: "0.00",
  cardFixedAmount: null,
  eventTime: "2026-02-11 10:20:30",
  terminalMerchantId: null,
  terminalMerchantName: null,
  terminalMerchantCountry: "PH",
  terminalMerchantCity: null,
  terminalMerchantMccCode: null,
  terminalMerchantMccCategory: null,
  terminalMerchantPostCode: null,
  transactionCategory: null,
  transactionChannel: null,
  channelPrincipal: "96.78",
  channelRefund: null,
  channelRefundFee: null,
  channelAtmFee: "0.00",
  channelFixedAmount: null
}

const envelope = {
  merchantNo: "BU078255558",
  requestTime: 1770712296681,
  version: "v1.0",
  nonce: "TW4P54uVulwRoc2y",
  eventType: "TRADE",
  eventName: "trade"
}

interface Flat {
  readonly [key: string]: string | number | null
}

export interface Sample {
  readonly name: string
  readonly text: string
  readonly bytes: Uint8Array
  /** Text and secret, as they are hashed; the floor has it for nothing. */
  readonly prepared: string
}

/** The text by the rules of SPEC 1.1, for these samples: nothing nested, no collision. Numbers as they are written here. */
const prepare = (fields: Flat, literals: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .filter(([key, value]) => key !== "token" && value !== null && value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${literals[key] ?? value}`)
    .join("&") + secret

interface Making {
  readonly name: string
  readonly envelope?: Flat
  readonly data?: Flat
  /** Number literals that stand in place of a value. */
  readonly literals?: Readonly<Record<string, string>>
  readonly indent?: number
  readonly escaped?: boolean
  /** One more field, an object, which the text leaves out. No such message is ever of a known layout. */
  readonly nested?: boolean
}

const make = (making: Making): Sample => {
  const { data = trade, literals = {}, name } = making
  const head: Flat = making.envelope ?? envelope
  const prepared = prepare({ ...data, ...withoutNulls(head) }, literals)
  const sign = createHash("md5").update(prepared, "utf8").digest("hex")
  const extension = making.nested === true ? { extension: { entry: "chip" } } : {}
  let text = JSON.stringify({ ...head, sign, data: { ...data, ...extension } }, null, making.indent)
  for (const [key, literal] of Object.entries(literals)) {
    text = text.replace(new RegExp(`("${key}": ?)(?:"[^"]*"|null)`), `$1${literal}`)
  }
  if (making.escaped === true) {
    text = text.replace(/(: ?)"([^"]*)"/g, (_, colon: string, value: string) =>
      value === sign ? `${colon}"${value}"` : `${colon}"${escapeAll(value)}"`
    )
  }
  return { name, text, bytes: Buffer.from(text, "utf8"), prepared }
}

/** One more like the compact one, signed anew. */
export const notificationWith = (head: Flat, data: Flat): Sample =>
  make({ name: "another", envelope: { ...envelope, ...head }, data: { ...trade, ...data } })

const withoutNulls = (fields: Flat): Flat =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

const escapeAll = (text: string): string =>
  [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

const full = Object.fromEntries(Object.entries(trade).map(([key, value]) => [key, value ?? `${key}-7`]))

export const compact: Sample = make({ name: "compact" })

/** The compact one comes first. */
export const samples: ReadonlyArray<Sample> = [
  compact,
  make({ name: "pretty-printed", indent: 2 }),
  make({ name: "every character of every value \\u-escaped", escaped: true }),
  make({
    name: "amounts as numbers: 5700.00, 96.78, 0.0000",
    literals: { amount: "5700.00", principal: "96.78", fxFee: "0.0000" }
  }),
  make({ name: "with a nested field, read by the scanner each time", nested: true }),
  make({ name: "none of its 40 fields null", data: { ...full, eventType: null } }),
  make({
    name: "request of five fields",
    envelope: {
      merchantNo: "BU078255558",
      token: "testToken",
      requestTime: 1770712296681,
      version: "v1.0",
      nonce: "TW4P54uVulwRoc2y"
    },
    data: { customerCode: "test0001" }
  })
]

/** The compact notification in so many different orders of its keys, each validly signed: no layout comes twice. */
export const shuffled = (count: number): ReadonlyArray<string> => {
  const sign: unknown = JSON.parse(compact.text).sign
  const fields = Object.entries(trade)
  let seed = 1
  return Array.from({ length: count }, () => {
    const order = [...fields]
    for (let at = order.length - 1; at > 0; at--) {
      seed = (seed * 48271) % 0x7fffffff
      const other = seed % (at + 1)
      const [a, b] = [order[at], order[other]]
      if (a !== undefined && b !== undefined) {
        order[at] = b
        order[other] = a
      }
    }
    return JSON.stringify({ ...envelope, sign, data: Object.fromEntries(order) })
  })
}

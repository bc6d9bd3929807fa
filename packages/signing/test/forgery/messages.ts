/** Messages as their fields, so that they can be changed, and genuine ones to begin with. */
import { createHash } from "node:crypto"
import type { Random } from "./random.ts"
import { parse, textsOf } from "./reference.ts"

/** A key and the JSON text of its value. */
export interface Member {
  readonly key: string
  readonly json: string
}

export interface Draft {
  readonly envelope: ReadonlyArray<Member>
  readonly data: ReadonlyArray<Member>
}

const members = (list: ReadonlyArray<Member>): string =>
  list.map(({ json, key }) => `${JSON.stringify(key)}:${json}`).join(",")

export const write = ({ data, envelope }: Draft): string =>
  `{${members(envelope)}${envelope.length > 0 ? "," : ""}"data":{${members(data)}}}`

const json = (key: string, value: unknown): Member => ({ key, json: JSON.stringify(value) })

const head = (random: Random): ReadonlyArray<Member> => [
  json("merchantNo", `BU${random.text("0123456789", 9, 9)}`),
  random.chance(70)
    ? json("requestTime", 1_770_000_000_000 + random.below(1_000_000_000))
    : json("requestTime", String(1_770_000_000_000 + random.below(1_000_000_000))),
  json("version", "v1.0"),
  json("nonce", random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 16, 16))
]

const money = (random: Random): Member["json"] => {
  const text = `${random.below(10_000)}.${random.text("0123456789", 2, 4)}`
  return random.chance(50) ? text : JSON.stringify(text)
}

const names = [
  "H&M",
  "Shop&unit=PH",
  "7-Eleven",
  "Café=Bar",
  "a&b=c",
  "株式会社",
  "M\u00fcller & S\u00f6hne",
  "Zoë",
  "x",
  "😀 Shop",
  "1",
  "true"
]

const trade = (random: Random): Draft => ({
  envelope: [...head(random), json("eventType", "TRADE"), json("eventName", "trade")],
  data: [
    json("orderNo", random.text("0123456789", 17, 17)),
    json("subOrderNo", random.text("0123456789", 17, 17)),
    json("cardId", `C${random.below(1_000_000)}`),
    json("eventType", null),
    json("status", random.chance(50) ? null : random.text("0123456789", 1, 1)),
    { key: "amount", json: money(random) },
    json("currency", random.pick(["PHP", "USD", "EUR", "JPY"])),
    { key: "principal", json: money(random) },
    json("refund", null),
    json("fxFee", "0.0000"),
    json("eventTime", "2026-02-11 10:20:30"),
    json("terminalMerchantName", random.chance(30) ? null : random.pick(names)),
    json("terminalMerchantCountry", random.pick(["PH", "", "DE"]))
  ]
})

const kyc = (random: Random): Draft => ({
  envelope: [...head(random), json("eventType", "KYC"), json("eventName", "kyc_status")],
  data: [
    json("customerId", `CU${random.below(1_000_000)}`),
    json("auditState", random.below(4)),
    json("auditRemark", random.pick([null, "", "photo & name=unreadable", "blurred"])),
    json("final", random.chance(50))
  ]
})

const request = (random: Random): Draft => ({
  envelope: [...head(random), json("token", random.text("abcdef0123456789", 8, 32))],
  data: random.chance(20)
    ? []
    : [
        json("customerCode", random.text("abcdefghijklmnopqrstuvwxyz0123456789", 1, 12)),
        { key: "amount", json: money(random) }
      ]
})

const nested = (random: Random): Draft => {
  const { data, envelope } = random.chance(50) ? kyc(random) : request(random)
  const inner = random.pick([
    '{"b":1.50,"a":"x"}',
    '["x",2.0,null,true]',
    '[{"k":"v&w=1"}]',
    "[]",
    '{"deep":{"er":["\\u0061"]}}'
  ])
  return { envelope, data: [...data, { key: "extension", json: inner }] }
}

const collision = (random: Random): Draft => {
  const { data, envelope } = trade(random)
  return {
    envelope,
    data: data.map((member) =>
      member.key === "eventType" ? json("eventType", random.pick(["TRADE", "AUTH"])) : member
    )
  }
}

export interface Genuine {
  readonly draft: Draft
  /** The message as it is sent, its valid signature included. */
  readonly text: string
  /** What is signed, under the policy that its sender picked. */
  readonly signed: string
}

const digest = (text: string, secret: string): string =>
  createHash("md5")
    .update(text + secret, "utf8")
    .digest("hex")

export const genuine = (random: Random, secret: string): Genuine => {
  const unsigned = random.pick([trade, trade, trade, kyc, request, request, nested, collision])(random)
  const signed = random.pick([...textsOf(parse(write(unsigned)))])
  const sign = json("sign", digest(signed, secret))
  const at = random.below(unsigned.envelope.length + 1)
  const draft = { ...unsigned, envelope: unsigned.envelope.toSpliced(at, 0, sign) }
  return { draft, text: write(draft), signed }
}

/** What is measured against the floor. */
import { createHash, hash } from "node:crypto"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import type { Contestant } from "../measure.js"
import { type Sample, secret, shuffled } from "./samples.js"

const keys = [SigningKey.make("bench", secret)]

/** The least that any verifier has to do: parse the message, hash its text. Here the text is given. */
const floor = ({ prepared, text }: Sample): Contestant => ({
  name: "floor: JSON.parse and one MD5 of the prepared text",
  run: () => Object.keys(JSON.parse(text)).length + hash("md5", prepared, "hex").length
})

/** What people write: no look at duplicate keys, number literals, depth or size, and a comparison that tells time. */
const unsafe = ({ text }: Sample): Contestant => ({
  name: "plain unsafe: parse, flatten, sort, join, createHash",
  run: () => {
    const { data, sign, token: _, ...envelope } = JSON.parse(text)
    const flat: Record<string, unknown> = { ...data }
    for (const [key, value] of Object.entries(envelope)) {
      flat[key] ??= value
    }
    const joined = Object.keys(flat)
      .filter((key) => flat[key] !== null && flat[key] !== "")
      .sort()
      .map((key) => `${key}=${flat[key]}`)
      .join("&")
    const digest = createHash("md5")
      .update(joined + secret)
      .digest("hex")
    return digest === sign ? 1 : 2
  }
})

const verified = (raw: string | Uint8Array): Verifier.VerifiedMessage =>
  Either.getOrThrowWith(Verifier.verifyWith(keys, raw), (error) => error)

const ours = ({ bytes, text }: Sample): ReadonlyArray<Contestant> => [
  { name: "ours, from text", run: () => verified(text).keyId.length },
  { name: "ours, from bytes", run: () => verified(bytes).keyId.length },
  {
    name: "ours, from text, and its value parsed",
    run: () => Object.keys(verified(text).message.value).length
  },
  {
    name: "ours, from text, and its fields listed",
    run: () => verified(text).message.data.length
  }
]

export const contestants = (sample: Sample): ReadonlyArray<Contestant> => [
  floor(sample),
  unsafe(sample),
  ...ours(sample)
]

/** The compact notification when no layout is known: each in a new order of its keys, so that each is learned in vain. */
export const unknownLayouts = (sample: Sample): ReadonlyArray<Contestant> => {
  const messages = shuffled(20_000)
  return [
    floor(sample),
    {
      name: "ours, from text",
      run: (index) => verified(messages[index % messages.length] ?? "").keyId.length
    }
  ]
}

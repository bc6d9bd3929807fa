/** The options of `yunmo sandbox`. */

import type { Entry, Option } from "./words.js"

export const port: Option = {
  flag: "--port",
  value: "number",
  about: "the port to listen on, 8788 unless given; 0 takes a free one"
}
export const host: Option = {
  flag: "--host",
  value: "address",
  about: "the address to listen on, 127.0.0.1 unless given"
}
export const callback: Option = {
  flag: "--callback",
  value: "url",
  about: "where notifications go; until there is a place, they wait"
}
export const seed: Option = {
  flag: "--seed",
  value: "text",
  about: "the same seed gives the same ids, card numbers and nonces"
}
export const database: Option = {
  flag: "--database",
  value: "file",
  about: "a SQLite file that keeps the state; without it, the state ends with the sandbox"
}
export const clock: Option = {
  flag: "--clock",
  value: "instant",
  about: "when the sandbox's clock starts, 2026-03-01T09:30:00Z say; now unless given"
}
export const frozen: Option = {
  flag: "--frozen",
  about: "the clock stands still until it is moved by yunmo trigger clock"
}
export const rule: Option = {
  flag: "--rule",
  value: "name=value",
  about:
    "how strict and how fast it is, checkSignature=off say, as often as needed; yunmo inspect rules lists the rules of a running sandbox",
  repeated: true
}
export const faults: Option = {
  flag: "--faults",
  value: "file",
  about: "a JSON file with the plan of a bad day, or - for standard input"
}
export const settleAfter: Option = {
  flag: "--settle-after",
  value: "duration",
  about: "how long a balance adjustment is pending; 250 millis unless given"
}
export const kycReviewAfter: Option = {
  flag: "--kyc-review-after",
  value: "duration",
  about: "after how long a submitted KYC passes by itself; reviewed by hand unless given"
}
export const resend: Option = {
  flag: "--resend",
  value: "durations",
  about: 'the waits before a notification is sent again, "1 second, 5 seconds" say; the last one repeats'
}
export const allowRemoteCallbacks: Option = {
  flag: "--allow-remote-callbacks",
  about: "lets notifications leave this machine"
}
export const allowRemoteControl: Option = {
  flag: "--allow-remote-control",
  about: "lets other machines use the control routes; wants SANDBOX_CONTROL_TOKEN set"
}

export const entry: Entry = {
  name: "sandbox",
  about:
    "Serves the vendor's API on this machine, with signed notifications. YUNMO_MERCHANT_NO, YUNMO_API_KEY, YUNMO_SECRET_KEY and SANDBOX_CONTROL_TOKEN are taken from the environment, with values for development where they are not set.",
  options: [
    port,
    host,
    callback,
    seed,
    database,
    clock,
    frozen,
    rule,
    faults,
    settleAfter,
    kycReviewAfter,
    resend,
    allowRemoteCallbacks,
    allowRemoteControl
  ]
}

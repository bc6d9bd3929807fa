/** `pnpm --filter @effect-yunmo/signing forge --count 1000000 [--seed 1]`, by hand before a release. */
import { parseArgs } from "node:util"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import { campaign, print } from "./campaign.ts"

const { values } = parseArgs({
  options: { count: { type: "string", default: "1000000" }, seed: { type: "string" } }
})
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
const secret = "1111111111111111"
const keys = [SigningKey.make("test", secret)]

const report = campaign(Number(values.count), seed, secret, (raw) =>
  Either.match(Verifier.verifyWith(keys, raw), {
    onLeft: ({ _tag }) => ({ accepted: false, unreadable: _tag === "UnreadableMessage" }),
    onRight: ({ ambiguity }) => ({ accepted: true, flags: ambiguity.map(({ reason }) => reason) })
  })
)
console.log(print(report))
for (const { forged, genuine, kind } of report.forged) {
  console.log(`\n${kind}\n  genuine ${genuine}\n  forged  ${forged}`)
}
process.exitCode = report.forged.length > 0 || report.genuineRefused > 0 ? 1 : 0

/** `pnpm bench signing`: P1 and P6. */
import { type Measured, measure, type Plan, table } from "../measure.js"
import { bundleOf } from "./bundle.js"
import { contestants, unknownLayouts } from "./contestants.js"
import { compact, samples } from "./samples.js"

export const signing = async (plan: Plan): Promise<void> => {
  console.log(
    "P1: verifying one message, all safety checks on. The last column is the floor's time over this one's.\n"
  )
  const results = new Map<string, ReadonlyArray<Measured>>()
  for (const sample of samples) {
    const rows = measure(contestants(sample), plan)
    results.set(sample.name, rows)
    console.log(
      `${table(`TRADE notification, ${sample.name}: ${sample.bytes.length} bytes`.replace("TRADE notification, request", "Request"), rows)}\n`
    )
  }
  console.log(
    `${table(`TRADE notification, compact, keys in another order each time, learned in vain: ${compact.bytes.length} bytes`, measure(unknownLayouts(compact), plan))}\n`
  )
  const bundle = await bundleOf("@effect-yunmo/signing/Verifier")
  console.log("P6: the verifier alone, bundled and minified, effect left outside")
  console.log(`  ${bundle.bytes} bytes, ${bundle.gzip} with gzip; goal: at most 8192 with gzip`)
  console.log(`  imports ${bundle.external.join(", ")}\n`)
  const ratio = results.get(compact.name)?.find(({ name }) => name === "ours, from text")?.ofFloor ?? 0
  console.log(
    `P1 ${ratio.toFixed(2)} of the floor (goal 0.60), P6 ${(bundle.gzip / 1024).toFixed(1)} KB gzip (goal 8.0)`
  )
}

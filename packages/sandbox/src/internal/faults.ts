import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Hash from "effect/Hash"
import { PCGRandom } from "effect/Utils"
import type * as Fault from "../Fault.js"

/** How often a rule was asked and how often it fired: by what was asked for, so that calls of another kind change nothing. */
export interface Count {
  readonly matched: Readonly<Record<string, number>>
  readonly fired: number
}

/** A plan with its counts, all that a repetition needs. */
export interface Progress {
  readonly plan: Fault.Plan
  readonly calls: ReadonlyArray<Count>
  readonly notifications: ReadonlyArray<Count>
}

const untouched: Count = { matched: {}, fired: 0 }

export const begin = (plan: Fault.Plan): Progress => ({
  plan,
  calls: (plan.calls ?? []).map(() => untouched),
  notifications: (plan.notifications ?? []).map(() => untouched)
})

/** From 0 to 1, the same for the same words. Neighbouring hashes give neighbouring first draws, hence the third. */
const chance = (...words: ReadonlyArray<string | number>): number => {
  const source = new PCGRandom(Hash.string(words.join("/")))
  source.number()
  source.number()
  return source.number()
}

const total = ({ matched }: Count): number => Object.values(matched).reduce((sum, count) => sum + count, 0)

interface When {
  readonly rate?: number | undefined
  readonly skip?: number | undefined
  readonly times?: number | undefined
}

/** Asks a rule that matches. */
const ask = (
  seed: number,
  name: string,
  { rate = 1, skip = 0, times = Number.POSITIVE_INFINITY }: When,
  count: Count,
  what: string
): readonly [fires: boolean, count: Count] => {
  const nth = (count.matched[what] ?? 0) + 1
  const matched = { ...count.matched, [what]: nth }
  const fires =
    total(count) >= skip && count.fired < times && (rate >= 1 || chance(seed, name, what, nth) < rate)
  return [fires, { matched, fired: count.fired }]
}

const fire = (count: Count): Count => ({ ...count, fired: count.fired + 1 })

/** Which rule hits this call, if any does. */
export const ofCall = (
  seed: number,
  progress: Progress,
  operation: Operation.Name
): readonly [rule: Fault.CallRule | undefined, progress: Progress] => {
  let hit: Fault.CallRule | undefined
  const calls = (progress.plan.calls ?? []).map((rule, index) => {
    const count = progress.calls[index] ?? untouched
    if (rule.operations !== undefined && !rule.operations.includes(operation)) {
      return count
    }
    const [fires, asked] = ask(seed, `call ${index}`, rule, count, operation)
    if (!fires || hit !== undefined) {
      return asked
    }
    hit = rule
    return fire(asked)
  })
  return [hit, calls.length === 0 ? progress : { ...progress, calls }]
}

/** Which rules hit this notification. */
export const ofNotification = (
  seed: number,
  progress: Progress,
  event: Fault.Event
): readonly [rules: ReadonlyArray<Fault.NotificationRule>, progress: Progress] => {
  const hits: Array<Fault.NotificationRule> = []
  const notifications = (progress.plan.notifications ?? []).map((rule, index) => {
    const count = progress.notifications[index] ?? untouched
    if (rule.events !== undefined && !rule.events.includes(event)) {
      return count
    }
    const [fires, asked] = ask(seed, `notification ${index}`, rule, count, event)
    if (!fires) {
      return asked
    }
    hits.push(rule)
    return fire(asked)
  })
  return [hits, notifications.length === 0 ? progress : { ...progress, notifications }]
}

export const report = ({ calls, notifications, plan }: Progress): Fault.Report => {
  const counted = (count: Count | undefined) => ({
    matched: count === undefined ? 0 : total(count),
    fired: count?.fired ?? 0
  })
  return {
    calls: (plan.calls ?? []).map((rule, index) => ({ rule, ...counted(calls[index]) })),
    notifications: (plan.notifications ?? []).map((rule, index) => ({
      rule,
      ...counted(notifications[index])
    }))
  }
}

import type * as State from "../State.js"

/** The calls since the start or the last reset. */
export interface CallLog {
  readonly add: (call: State.Call) => void
  readonly report: () => State.Calls
  readonly count: () => number
  readonly clear: () => void
}

const kept = 1000

export const make = (): CallLog => {
  const counts = new Map<string, State.Calls["counts"][number]>()
  let latest: Array<State.Call> = []
  let total = 0
  return {
    add: (call) => {
      const { code, fault, operation } = call
      const key = JSON.stringify([operation, code, fault])
      counts.set(key, { operation, code, fault, count: (counts.get(key)?.count ?? 0) + 1 })
      total += 1
      latest.push(call)
      if (latest.length >= 2 * kept) {
        latest = latest.slice(-kept)
      }
    },
    report: () => ({ counts: Array.from(counts.values()), latest: latest.slice(-kept) }),
    count: () => total,
    clear: () => {
      counts.clear()
      latest = []
      total = 0
    }
  }
}

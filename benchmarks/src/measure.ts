/**
 * Ratios in one process. The contestants take turns in short rounds, so that whatever else the machine does meets all of
 * them; each round gives one ratio to the floor, and the median of those is the figure.
 */

export interface Contestant {
  readonly name: string
  /** One piece of work. What it returns is added up, so that no engine can leave the work out. */
  readonly run: (index: number) => number
}

export interface Measured {
  readonly name: string
  /** Median over the rounds. */
  readonly microseconds: number
  /** The floor's time divided by this one's: 1 is as quick as the floor, 0.5 takes twice as long. */
  readonly ofFloor: number
}

export interface Plan {
  readonly rounds: number
  /** How long one contestant's turn should take, about. */
  readonly turnMilliseconds: number
}

export const defaultPlan: Plan = { rounds: 41, turnMilliseconds: 20 }

/** The one in the middle, or between the two there. */
export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

let sink = 0

const time = ({ run }: Contestant, times: number): number => {
  const began = performance.now()
  for (let index = 0; index < times; index++) {
    sink += run(index)
  }
  return ((performance.now() - began) * 1000) / times
}

/** The first contestant is the floor. */
export const measure = (
  contestants: ReadonlyArray<Contestant>,
  { rounds, turnMilliseconds }: Plan = defaultPlan
): ReadonlyArray<Measured> => {
  const turns = contestants.map((contestant) => {
    // Long enough for the engine to have compiled what it will compile.
    time(contestant, 3000)
    const each = time(contestant, 1000)
    return Math.max(1, Math.ceil((turnMilliseconds * 1000) / each))
  })
  const times: Array<Array<number>> = contestants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round: what the one before leaves in caches and to the collector falls on all alike.
    for (let offset = 0; offset < contestants.length; offset++) {
      const index = (round + offset) % contestants.length
      const contestant = contestants[index]
      if (contestant !== undefined) {
        times[index]?.push(time(contestant, turns[index] ?? 1))
      }
    }
  }
  if (Number.isNaN(sink)) {
    throw new Error("a contestant returned no number")
  }
  const floor = times[0] ?? []
  return contestants.map(({ name }, index) => {
    const own = times[index] ?? []
    return {
      name,
      microseconds: median(own),
      ofFloor: median(own.map((each, round) => (floor[round] ?? Number.NaN) / each))
    }
  })
}

/** A table with a title, for the terminal and for a report. */
export const table = (title: string, rows: ReadonlyArray<Measured>): string =>
  [
    title,
    ...rows.map(
      ({ microseconds, name, ofFloor }) =>
        `  ${name.padEnd(52)}${microseconds.toFixed(2).padStart(9)} µs${ofFloor.toFixed(2).padStart(8)}`
    )
  ].join("\n")

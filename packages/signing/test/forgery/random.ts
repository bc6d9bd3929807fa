/** Numbers that a seed repeats (mulberry32). */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** From 0 to below the bound. */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * bound)
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<A>(values: ReadonlyArray<A>): A {
    for (const value of values.slice(this.below(values.length))) {
      return value
    }
    throw new Error("there is nothing to pick from")
  }

  text(alphabet: string, atLeast: number, atMost: number): string {
    const chars = [...alphabet]
    return Array.from({ length: atLeast + this.below(atMost - atLeast + 1) }, () => this.pick(chars)).join("")
  }
}

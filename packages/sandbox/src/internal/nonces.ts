/** The nonces that were used lately, by merchant. */
export interface Nonces {
  /** Whether it is new; from then on it is not. */
  readonly use: (merchantNo: string, nonce: string) => boolean
  readonly clear: () => void
  /** Remembers those used until now; what it gives makes them the only ones again. */
  readonly copy: () => () => void
}

const remembered = 10_000

export const make = (): Nonces => {
  const used = new Map<string, Set<string>>()
  return {
    use: (merchantNo, nonce) => {
      const own = used.get(merchantNo) ?? new Set()
      used.set(merchantNo, own)
      if (own.has(nonce)) {
        return false
      }
      own.add(nonce)
      for (const oldest of own) {
        if (own.size <= remembered) break
        own.delete(oldest)
      }
      return true
    },
    clear: () => used.clear(),
    copy: () => {
      const then = Array.from(used, ([merchantNo, own]) => [merchantNo, [...own]] as const)
      return () => {
        used.clear()
        for (const [merchantNo, own] of then) {
          used.set(merchantNo, new Set(own))
        }
      }
    }
  }
}

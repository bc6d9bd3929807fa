/** A map that remembers which of its rows were written, for a store that saves no more than that. */
export class Table<K, V> extends Map<K, V> {
  private written: Set<K> | undefined = undefined

  /** From now on. */
  watch(): void {
    this.written = new Set()
  }

  override set(key: K, row: V): this {
    this.written?.add(key)
    return super.set(key, row)
  }

  override delete(key: K): boolean {
    this.written?.add(key)
    return super.delete(key)
  }

  override clear(): void {
    for (const key of this.keys()) {
      this.written?.add(key)
    }
    super.clear()
  }

  /** The keys written since the last time; each with its row, or without one when it is gone. */
  take(): ReadonlyArray<readonly [K, V | undefined]> {
    if (this.written === undefined || this.written.size === 0) {
      return []
    }
    const changes = Array.from(this.written, (key) => [key, this.get(key)] as const)
    this.written.clear()
    return changes
  }

  /** Gives back what was taken and could not be saved. */
  untake(changes: ReadonlyArray<readonly [K, V | undefined]>): void {
    for (const [key] of changes) {
      this.written?.add(key)
    }
  }

  /** Remembers the rows as they are; what it gives brings them back. */
  copy(): () => void {
    const rows = new Map(this)
    return () => this.replace(rows)
  }

  /** Becomes these rows and no others. */
  replace(rows: Iterable<readonly [K, V]>): void {
    this.clear()
    for (const [key, row] of rows) {
      this.set(key, row)
    }
  }
}

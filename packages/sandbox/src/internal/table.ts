/** A row that was written, or one that is gone. */
export interface Change<K, V> {
  readonly key: K
  readonly row: V | undefined
  /** It stands behind all rows that were there before. */
  readonly isNew: boolean
}

/** A map that remembers which of its rows were written, for a store that saves no more than that. */
export class Table<K, V> extends Map<K, V> {
  /** The keys, each with whether its row is new; new ones stand in the order of the rows. */
  private written: Map<K, boolean> | undefined = undefined

  /** From now on. */
  watch(): void {
    this.written = new Map()
  }

  override set(key: K, row: V): this {
    this.note(key, this.written !== undefined && !this.has(key))
    return super.set(key, row)
  }

  override delete(key: K): boolean {
    this.note(key, false)
    return super.delete(key)
  }

  override clear(): void {
    if (this.written !== undefined) {
      for (const key of this.keys()) {
        this.note(key, false)
      }
    }
    super.clear()
  }

  get isWritten(): boolean {
    return this.written !== undefined && this.written.size > 0
  }

  /** What was written since the last time. */
  take(): ReadonlyArray<Change<K, V>> {
    if (this.written === undefined || this.written.size === 0) {
      return []
    }
    const changes = Array.from(this.written, ([key, isNew]) => ({ key, row: this.get(key), isNew }))
    this.written.clear()
    return changes
  }

  /** Gives back what was taken and could not be saved. */
  untake(changes: ReadonlyArray<Change<K, V>>): void {
    const later = this.written
    if (later !== undefined) {
      this.written = new Map(changes.map(({ isNew, key }) => [key, isNew]))
      for (const [key, isNew] of later) {
        this.note(key, isNew)
      }
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

  /** A row that was gone and is there again is behind the others, as in the map. */
  private note(key: K, isNew: boolean): void {
    if (isNew) {
      this.written?.delete(key)
      this.written?.set(key, true)
    } else if (this.written?.has(key) === false) {
      this.written.set(key, false)
    }
  }
}

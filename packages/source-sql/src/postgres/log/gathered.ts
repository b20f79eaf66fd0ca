import type { Row } from '../../database.ts'
import type { LoggedTable } from './logged-table.ts'

/** Changes of one table, in their order; those of one kind that follow one another are one. */
export type TableOperation = { readonly table: LoggedTable } & (
  | { readonly kind: 'upserted'; readonly rows: Row[]; readonly before?: Row | undefined }
  | { readonly kind: 'deleted'; readonly keys: Row[] }
  | { readonly kind: 'truncated' }
)

/** What the log has told, by table. */
export class Gathered {
  size = 0
  readonly #tables = new Map<string, TableOperation[]>()

  upsert(table: LoggedTable, row: Row, before: Row | undefined): void {
    const operations = this.#of(table)
    const last = operations.at(-1)
    this.size++
    const follows = before === undefined && last?.kind === 'upserted' && last.before === undefined
    if (follows && last.table === table) last.rows.push(row)
    else operations.push({ table, kind: 'upserted', rows: [row], before })
  }

  delete(table: LoggedTable, key: Row): void {
    const operations = this.#of(table)
    const last = operations.at(-1)
    this.size++
    if (last?.kind === 'deleted') last.keys.push(key)
    else operations.push({ table, kind: 'deleted', keys: [key] })
  }

  truncate(table: LoggedTable): void {
    this.size++
    this.#of(table).push({ table, kind: 'truncated' })
  }

  /** Takes over all of another, which came later. */
  take(other: Gathered): void {
    if (other.size === 0) return
    for (const [name, operations] of other.#tables) {
      const own = this.#named(name)
      const [first, ...rest] = operations
      const last = own.at(-1)
      const follows = last?.kind === 'upserted' && first?.kind === 'upserted' && last.table === first.table
      if (follows && (last.before ?? first.before) === undefined) for (const row of first.rows) last.rows.push(row)
      else if (first !== undefined) own.push(first)
      own.push(...rest)
    }
    this.size += other.size
    other.clear()
  }

  clear(): void {
    this.#tables.clear()
    this.size = 0
  }

  *operations(): Iterable<TableOperation> {
    for (const operations of this.#tables.values()) yield* operations
  }

  #of({ name }: LoggedTable): TableOperation[] {
    return this.#named(name)
  }

  #named(name: string): TableOperation[] {
    const known = this.#tables.get(name)
    if (known !== undefined) return known
    const operations: TableOperation[] = []
    this.#tables.set(name, operations)
    return operations
  }
}

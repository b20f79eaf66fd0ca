import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { type RawBuilder, sql } from 'kysely'
import { changed, count } from '../../rows/run.ts'
import { and, list, plus } from '../../rows/sql.ts'
import { fold } from '../../table/names.ts'
import type { OtherTable, Session, TableColumns } from '../dialect.ts'
import { mainTable } from './names.ts'
import { sqliteProfile } from './profile.ts'

/** The schema under which the tables of another file are seen. */
const OTHER = '_tidemark_other'
/** So many rows, or of so many bytes, are copied in one transaction or compared by one statement: the process does nothing else meanwhile. */
const ROWS = 20_000
const BYTES = 16_000_000
const LOWEST = -(2n ** 63n)
const HIGHEST = 2n ** 63n - 1n

/** Makes the tables of another file readable on a connection. It never writes there, nor takes the lock of those who write. */
export function attach(raw: DatabaseSync, path: string): void {
  const address = pathToFileURL(resolve(path))
  address.searchParams.set('mode', 'ro')
  raw.prepare(`attach ? as ${OTHER}`).run(address.href)
}

export function detach(raw: DatabaseSync): void {
  raw.exec(`detach ${OTHER}`)
}

/** Rows by their number (`_rowid_`), which they keep. */
interface Range {
  readonly from: bigint
  readonly to: bigint
  readonly rows: number
}

/** A table of the file that is attached, and the table of the same name here. */
export class AttachedTable implements OtherTable {
  readonly #name: string
  readonly #columns: readonly string[]
  readonly #there: RawBuilder<unknown>
  #next: bigint | undefined = LOWEST
  #long: readonly string[] = []

  constructor({ name, columns }: TableColumns) {
    this.#name = name
    this.#columns = columns
    this.#there = sql.id(OTHER, name)
  }

  /** Whether values of both are of the types that their columns name, and the rows have numbers, for which a query has room. */
  async isAlike(session: Session): Promise<boolean> {
    const tables = await session.rows(
      sql`select 1 from pragma_table_list(${this.#name}) where schema in ('main', ${OTHER}) and type = 'table' and strict = 1 and wr = 0`,
    )
    const columns = await session.rows(sql`select name, type from pragma_table_xinfo(${this.#name}, ${OTHER})`)
    this.#long = columns.flatMap(([name, type]) => (/^(?:text|blob)$/i.test(String(type)) ? [String(name)] : []))
    const hasNumbers = !columns.some(([name]) => fold(String(name)) === '_rowid_')
    return tables.length === 2 && hasNumbers && this.#columns.length < sqliteProfile.columns
  }

  async copyNext(session: Session): Promise<number> {
    const range = this.#next === undefined ? undefined : await this.#range(session, this.#next)
    if (range === undefined) return 0
    this.#next = after(range)
    const columns = list(this.#columns)
    return await changed(
      session,
      sql`insert into ${mainTable(this.#name)} (_rowid_, ${columns})
        select _rowid_, ${columns} from ${this.#there} where _rowid_ between ${range.from} and ${range.to}`,
    )
  }

  /** All in one transaction that reads. */
  async *differences(session: Session): AsyncGenerator<number> {
    const here = mainTable(this.#name)
    const [[ours, theirs] = []] = await session.rows(
      sql`select (select count(*) from ${here}), (select count(*) from ${this.#there})`,
    )
    yield Math.abs(Number(ours) - Number(theirs))
    const id = (alias: string, column: string) => sql`${sql.raw(alias)}.${sql.id(column)}`
    // Whatever a hand wants to be the same: a column may have a collation of its own.
    const equal = and(this.#columns.map((name) => sql`${id('t', name)} collate binary is ${id('h', name)}`))
    for (let next: bigint | undefined = LOWEST; next !== undefined; ) {
      const range = await this.#range(session, next)
      if (range === undefined) return
      // As conditions: of the columns that are only aggregated there may be fewer.
      const same = await count(
        session,
        sql`select count(*) from ${this.#there} as t cross join ${here} as h on h._rowid_ = t._rowid_
          where t._rowid_ between ${range.from} and ${range.to} and ${equal}`,
      )
      yield range.rows - same
      next = after(range)
    }
  }

  async #range(session: Session, from: bigint): Promise<Range | undefined> {
    const bytes = plus(this.#long.map((name) => sql`ifnull(octet_length(${sql.id(name)}), 0)`))
    for (let most = ROWS; ; most = Math.ceil(most / 4)) {
      const rows = sql`select _rowid_ as n, ${bytes} as bytes from ${this.#there} where _rowid_ >= ${from} order by _rowid_ limit ${most}`
      const [[to, sum, held] = []] = await session.rows(sql`select max(n), sum(bytes), count(*) from (${rows})`)
      if (typeof to !== 'bigint') return undefined
      if (most === 1 || Number(sum) <= BYTES) return { from, to, rows: Number(held) }
    }
  }
}

function after({ to }: Range): bigint | undefined {
  return to === HIGHEST ? undefined : to + 1n
}

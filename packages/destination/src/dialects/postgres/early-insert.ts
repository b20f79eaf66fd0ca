import { type RawBuilder, sql } from 'kysely'
import { insertRows } from '../../rows/merge.ts'
import { changed } from '../../rows/run.ts'
import { identifying } from '../../table/columns.ts'
import type { EarlyInsert, EarlyInsertTerms } from '../early-insert.ts'
import type { Staging } from '../staging.ts'
import type { Target } from '../target.ts'
import { EarlyInsertLost } from './early-insert-lost.ts'
import { refuses } from './errors.ts'
import type { Reserved, Sessions } from './sessions.ts'

/**
 * So many blocks before the end of a staging table are looked through again: a COPY may leave blocks free that the next one
 * fills. From version 16 on it takes 64 at a time.
 */
const FREE_BLOCKS = 1024

/** Entries that were inserted together. */
interface Slice {
  /** The last entry before them. */
  readonly after: number
  /** The block of the staging table from which on they were looked for. */
  readonly from: number
}

/** Inserts staged rows over a connection of its own. */
export class PostgresEarlyInsert implements EarlyInsert {
  readonly reserved: Reserved
  readonly #sessions: Sessions
  readonly #terms: EarlyInsertTerms
  #rows = 0
  #last = { entries: 0, blocks: 0 }
  /** A COPY puts its first rows into old blocks where these have room: those are inserted at the end. */
  readonly #slices: Slice[] = []
  #isFinished = false

  constructor(sessions: Sessions, reserved: Reserved, terms: EarlyInsertTerms) {
    this.#sessions = sessions
    this.reserved = reserved
    this.#terms = terms
  }

  /** False also where somebody waits for this transaction, which lasts longer than others: it gives way. */
  async insert(target: Target, staging: Staging): Promise<boolean> {
    if (await this.#is(IN_THE_WAY)) return false
    if (this.#slices.length === 0 && (await this.#is(sql`select from ${target.table}`))) return false
    const slice = { after: this.#last.entries, from: this.#last.blocks }
    const { entries } = staging
    const blocks = Math.max(0, (await this.#blocksOf(staging)) - FREE_BLOCKS)
    const inserted = await this.#insert(
      target,
      staging,
      sql`ctid >= ${placeOf(slice.from)} and _at > ${slice.after} and _at <= ${entries}`,
    )
    if (!inserted) return false
    this.#slices.push(slice)
    this.#last = { entries, blocks }
    return true
  }

  /** @returns false: the database refuses some. */
  async #insert(target: Target, { table }: Staging, where: RawBuilder<unknown>): Promise<boolean> {
    const staged = sql`(select * from ${table} where _kind = 0 and ${where})`
    try {
      this.#rows += await changed(this.reserved, insertRows(target, staged, this.#terms))
      return true
    } catch (error) {
      if (refuses(error)) return false
      throw error
    }
  }

  /** Inserts those that were not where they were looked for. */
  async #insertStray(target: Target, staging: Staging): Promise<boolean> {
    if (this.#rows === staging.rows) return true
    const first = this.#slices.map(({ after }) => after + 1)
    const from = this.#slices.map((slice) => `(${slice.from},0)`)
    // Each list is read once, and not for each row.
    const slice = sql`width_bucket(_at, (select cast(${first} as bigint[])))`
    return (
      (await this.#insert(target, staging, sql`ctid < ((select cast(${from} as tid[])))[${slice}]`)) &&
      this.#rows === staging.rows
    )
  }

  /** How many blocks a staging table has by now. */
  async #blocksOf({ table }: Staging): Promise<number> {
    const name = sql`cast(${table.compile(this.reserved.db).sql} as regclass)`
    const [found] = await this.#ask<{ blocks: bigint }>(
      sql`select pg_catalog.pg_relation_size(${name}) / current_setting('block_size')::integer as blocks`,
    )
    return Number(found!.blocks)
  }

  /** Inserts what is left. @returns how many rows the table has then. @throws EarlyInsertLost where it has others, or the database refuses some. */
  async finish(target: Target, staging: Staging): Promise<number> {
    const isWhole = (await this.insert(target, staging)) && (await this.#insertStray(target, staging))
    if (!isWhole || (await this.#hasOthers(target))) throw new EarlyInsertLost()
    this.#isFinished = true
    return this.#rows
  }

  /** What was done since a savepoint is undone, and not what was done early. */
  undone(): void {
    this.#isFinished = false
  }

  /** @throws EarlyInsertLost where the rows may not stay, as those of a step that is not completed. */
  check(): void {
    if (!this.#isFinished) throw new EarlyInsertLost()
  }

  async end(): Promise<void> {
    await this.#sessions.rollback(this.reserved)
  }

  /** Rows of other partitions that were committed meanwhile may have a later `_synced_at` than these, which nobody has seen yet. */
  async #hasOthers({ layout, table }: Target): Promise<boolean> {
    if (!layout.partitioned) return false
    // By the key, or all of its rows might be read.
    const end = (direction: RawBuilder<unknown>) => {
      const key = identifying(layout).map((name) => sql`t.${sql.id(name)} ${direction}`)
      return sql`(select t._partition from ${table} as t order by ${sql.join(key)} limit 1) <> ${this.#terms.partition}`
    }
    return await this.#is(sql`select where ${end(sql`asc`)} or ${end(sql`desc`)}`)
  }

  async #is(query: RawBuilder<unknown>): Promise<boolean> {
    const [answer] = await this.#ask<{ is: boolean }>(sql`select exists (${query}) as is`)
    return answer!.is
  }

  async #ask<T>(query: RawBuilder<unknown>): Promise<readonly T[]> {
    return (await query.execute(this.reserved.db)).rows as readonly T[]
  }
}

const IN_THE_WAY = sql`select from pg_catalog.pg_locks as l
  where not l.granted and pg_catalog.pg_backend_pid() = any(pg_catalog.pg_blocking_pids(l.pid))`

/** The beginning of a block. */
const placeOf = (block: number): RawBuilder<unknown> => sql`cast(${`(${block},0)`} as tid)`

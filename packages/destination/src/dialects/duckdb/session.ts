import type { DuckDBConnection } from '@duckdb/node-api'
import type { Batch, TableState } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { bytesOf, isWide } from '../../rows/bytes.ts'
import { loadHalving } from '../../rows/load.ts'
import { appendRows, mergeRows, raiseEqual, sameKey, upsert, valuesOf } from '../../rows/merge.ts'
import { standingFirst } from '../../rows/precedence.ts'
import { presentIn } from '../../rows/present.ts'
import { changed, exists } from '../../rows/run.ts'
import { list } from '../../rows/sql.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { dataColumns, dataTypes } from '../../table/columns.ts'
import type { Attempt, Dialect, LoadInto, Session, Tentative, Wide, WriteOptions } from '../dialect.ts'
import type { EncodedRows, Loaded } from '../encoded-rows.ts'
import type { Target } from '../target.ts'
import type { Driver } from './driver.ts'
import { refuses } from './errors.ts'
import { withPart } from './load.ts'
import { COUNTED, sequenceOf } from './numbers.ts'
import type { Decisions } from './replay.ts'
import { run, stream } from './run.ts'

/** What DuckDB reads at a stretch. */
const VECTOR = 2048
/** The kind of entries that hold no row: they stand between others. */
const BETWEEN = 9

/** One connection to a DuckDB file, and Kysely over it. */
export interface Connected {
  readonly duckdb: Driver
  readonly connection: DuckDBConnection
  readonly db: Kysely<StateDatabase>
}

/** One connection to a DuckDB file inside one transaction. */
export class DuckDbSession implements Session {
  readonly db: Kysely<StateDatabase>
  readonly #connected: Connected
  readonly #dialect: Dialect
  readonly #decisions: Decisions
  /** Whether rows of many bytes were written that were staged. */
  isWide = false
  /** Whether a part of such rows was written as it came. */
  wroteWide = false

  constructor(connected: Connected, dialect: Dialect, decisions: Decisions) {
    this.db = connected.db
    this.#connected = connected
    this.#dialect = dialect
    this.#decisions = decisions
  }

  async rows(query: RawBuilder<unknown>): Promise<readonly (readonly unknown[])[]> {
    const { duckdb, connection } = this.#connected
    const { sql: text, parameters } = query.compile(this.db)
    return await (await run(duckdb, connection, text, parameters)).getRows()
  }

  /** Another statement of the same connection would end it. */
  async *stream(query: RawBuilder<unknown>): AsyncGenerator<readonly unknown[]> {
    const { duckdb, connection } = this.#connected
    const { sql: text, parameters } = query.compile(this.db)
    for await (const rows of (await stream(duckdb, connection, text, parameters)).yieldRows()) yield* rows
  }

  tentatively<T>(work: () => Promise<Tentative<T>>): Promise<T> {
    return this.#decisions.decide(work)
  }

  attempt<T>(_table: string, work: () => Promise<T>): Promise<Attempt<T>> {
    return this.#decisions.attempt(refuses, work)
  }

  async load(into: LoadInto, rows: EncodedRows): Promise<number> {
    const { table, columns, entries } = into
    const names = entries === undefined ? columns : [...columns, '_kind', '_at']
    const more = entries === undefined ? sql`` : sql`, ${entries.kind}, ${entries.from} + s._at`
    return await withPart(this.#connected, into, rows, (part) =>
      changed(
        this,
        sql`insert into ${table} (${list(names)}) select ${list(columns, 's')}${more} from ${part} as s order by s._at`,
      ),
    )
  }

  /** A statement that reads one row of a table that it does not find in the file holds the 2048 around it, with all of their values. */
  async separate(table: RawBuilder<unknown>): Promise<void> {
    await sql`insert into ${table} (_kind, _at) select ${sql.lit(BETWEEN)}, 0 from range(${sql.lit(VECTOR)})`.execute(
      this.db,
    )
  }

  async writeWide(target: Target, source: RawBuilder<unknown>, wide: Wide): Promise<number> {
    this.isWide = true
    return await this.#writeWide(target, source, wide)
  }

  async #writeWidePart(target: Target, source: RawBuilder<unknown>, wide: Wide): Promise<number> {
    this.wroteWide = true
    return await this.#writeWide(target, source, wide)
  }

  async #writeWide(target: Target, source: RawBuilder<unknown>, { order, terms }: Wide): Promise<number> {
    const { layout, table } = target
    // A MERGE holds all values of the rows that it looks among.
    const there = sql`select 1 from ${table} as t, ${source} as s where ${sameKey(layout, terms)}`
    if (layout.key.length > 0 && (await exists(this, there)))
      return await changed(this, mergeRows(this.#dialect, target, source, order, terms))
    return await changed(this, appendRows(target, source, terms))
  }

  async write(
    target: Target,
    batch: Pick<Batch, 'step' | 'rows' | 'truth'>,
    { terms, lateRows: late }: WriteOptions,
  ): Promise<Loaded> {
    const { layout } = target
    const into = {
      columns: [...dataColumns(layout), '_cursor'],
      types: [...dataTypes(layout), 'integer' as const],
    }
    const order = layout.cursored ? 'ordered' : 'any'
    return await loadHalving(this, layout.name, batch.rows, (some) =>
      withPart(this.#connected, into, some, async (loaded) => {
        if (layout.key.length === 0) {
          late.all(some)
          const rows = sql`select ${valuesOf(layout, terms)} from ${loaded} as s order by s._at`
          return await changed(this, upsert(this.#dialect, target, rows, order, terms))
        }
        // MERGE takes any one of several rows of a key, and says nothing.
        const source = sql`(select * from (select *, 0 as _kind from ${loaded})
          qualify row_number() over (partition by ${list(layout.key)} order by ${standingFirst(layout)}) = 1)`
        const count = isWide({ rows: some.length, bytes: bytesOf(some) })
          ? await this.#writeWidePart(target, source, { order, terms })
          : await changed(this, mergeRows(this.#dialect, target, source, order, terms))
        if (layout.fed && count < some.length) await changed(this, raiseEqual(this.#dialect, target, source, terms))
        if (count > 0) await late.some(this, target, some, source)
        return count
      }),
    )
  }

  async withKeys(
    { layout }: Target,
    keys: EncodedRows,
    work: (relation: RawBuilder<unknown>) => Promise<number>,
  ): Promise<number> {
    const types = dataTypes(layout)
    const into = {
      columns: [...layout.key, '_cursor'],
      types: [...layout.keyAt.map((at) => types[at]!), 'integer' as const],
    }
    return await withPart(this.#connected, into, keys, work)
  }

  /** A key is found by reading its columns. */
  async indexStaging(): Promise<void> {}

  async dropStaging(table: RawBuilder<unknown>): Promise<void> {
    await sql`drop table if exists ${table}`.execute(this.db)
  }

  async present(names: readonly string[]): Promise<ReadonlyMap<string, TableState['present']>> {
    const found = await this.rows(
      sql`select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'main'`,
    )
    return await presentIn(this, {
      names,
      there: new Set(found.map(([name]) => String(name))),
    })
  }

  async empty(name: string): Promise<void> {
    const present = await this.present([name])
    if (present.get(name) === 'rows') await sql`delete from ${this.#dialect.table(name)}`.execute(this.db)
  }

  /** A range of positions is found by the lowest and highest values that DuckDB keeps of each group of rows. */
  async indexPositions(): Promise<void> {}

  /** A sequence can only be moved by taking numbers from it. */
  async continueNumbers(): Promise<void> {
    for (const [table, column] of COUNTED) {
      const [highest] = await this.rows(sql`select coalesce(max(${sql.id(column)}), 0) from ${sql.id(table)}`)
      await this.rows(sql`select max(nextval(${sql.lit(sequenceOf(table))})) from range(${highest![0]})`)
    }
  }
}

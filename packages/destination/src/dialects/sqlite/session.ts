import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import { type Batch, messageOf, type TableState } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { loadHalving } from '../../rows/load.ts'
import { presentIn } from '../../rows/present.ts'
import { list } from '../../rows/sql.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { dataColumns } from '../../table/columns.ts'
import { stampText } from '../../values/value-text.ts'
import { type Attempt, type LoadInto, type Session, type Tentative, Withdrawn, type WriteOptions } from '../dialect.ts'
import type { EncodedRows, Loaded, RefusedRow } from '../encoded-rows.ts'
import type { Staging } from '../staging.ts'
import type { Target } from '../target.ts'
import { ValueRows } from '../value-rows.ts'
import { prepared, runMany } from './bulk.ts'
import { CONSTRAINT, codeOf, refuses } from './errors.ts'
import type { KeptStatements } from './kept-statements.ts'
import { indexPositions, mainTable, stagingName } from './names.ts'
import type { Truth, Upserts } from './upserts.ts'

/** Rows that are undone together: what a savepoint changes is kept in a journal of its own. */
const AT_ONCE = 1000

/** A block that is copied has so many bytes, or one row of more. */
const BYTES = 1_000_000

/** So many keys, and so many parameters, one statement is given. */
const KEYS = 1000
const PARAMETERS = 10_000

/** What a connection keeps from one transaction to the next. */
export interface Kept {
  readonly statements: KeptStatements<ReturnType<typeof prepared>>
  readonly upserts: Upserts
}

/** One connection to a SQLite file inside one transaction. */
export class SqliteSession implements Session {
  readonly db: Kysely<StateDatabase>
  readonly #raw: DatabaseSync
  readonly #kept: Kept

  constructor(db: Kysely<StateDatabase>, raw: DatabaseSync, kept: Kept) {
    this.db = db
    this.#raw = raw
    this.#kept = kept
  }

  async rows(query: RawBuilder<unknown>): Promise<readonly (readonly unknown[])[]> {
    const { sql: text, parameters } = query.compile(this.db)
    const all = this.#kept.statements.of(text).all(...(parameters as readonly SQLInputValue[]))
    return all as unknown as readonly (readonly unknown[])[]
  }

  iterate(query: RawBuilder<unknown>): Iterable<readonly unknown[]> {
    const { sql: text, parameters } = query.compile(this.db)
    const rows = prepared(this.#raw, text).iterate(...(parameters as readonly SQLInputValue[]))
    return rows as unknown as Iterable<readonly unknown[]>
  }

  async *stream(query: RawBuilder<unknown>): AsyncGenerator<readonly unknown[]> {
    yield* this.iterate(query)
  }

  async *copyOut(query: RawBuilder<unknown>): AsyncGenerator<ValueRows> {
    let rows: (readonly unknown[])[] = []
    let bytes = 0
    for (const row of this.iterate(query)) {
      rows.push(row)
      bytes += sizeOf(row)
      if (rows.length < AT_ONCE && bytes < BYTES) continue
      yield new ValueRows(rows, bytes)
      rows = []
      bytes = 0
    }
    if (rows.length > 0) yield new ValueRows(rows, bytes)
  }

  async copyIn({ table, columns }: Pick<LoadInto, 'table' | 'columns'>, blocks: readonly ValueRows[]): Promise<number> {
    let count = 0
    for (const { rows } of blocks) count += await this.load({ table, columns, types: [] }, rows)
    return count
  }

  async tentatively<T>(work: () => Promise<Tentative<T>>): Promise<T> {
    this.#raw.exec('savepoint tentative')
    const { keep, value } = await work()
    this.#raw.exec(keep ? 'release tentative' : 'rollback to tentative; release tentative')
    return value
  }

  /** A trigger's RAISE(FAIL), as a rule ON CONFLICT FAIL, keeps what a statement had done before: so it is undone here. */
  async attempt<T>(table: string, work: () => Promise<T>): Promise<Attempt<T>> {
    this.#raw.exec('savepoint attempt')
    try {
      const value = await work()
      this.#raw.exec('release attempt')
      return { ok: true, value }
    } catch (error) {
      if (!this.#raw.isTransaction) throw codeOf(error) === CONSTRAINT ? rolledBack(table, error) : error
      if (!(error instanceof Withdrawn) && !refuses(error)) throw error
      this.#raw.exec('rollback to attempt; release attempt')
      return { ok: false, error }
    }
  }

  async load({ table, columns, entries }: LoadInto, rows: EncodedRows): Promise<number> {
    const names = list(entries === undefined ? columns : [...columns, '_kind'])
    const row = `(${Array(columns.length).fill('?').join(', ')}${entries === undefined ? '' : `, ${entries.kind}`})`
    // An entry's number is the next one by itself.
    const textOf = (count: number) =>
      sql`insert into ${table} (${names}) values ${sql.raw(Array(count).fill(row).join(', '))}`.compile(this.db).sql
    return runMany(rows, {
      width: columns.length,
      named: {},
      statement: (count) => this.#kept.statements.of(textOf(count)),
    })
  }

  async write(
    target: Target,
    batch: Pick<Batch, 'step' | 'rows' | 'truth'>,
    { now, lateRows: late }: WriteOptions,
  ): Promise<Loaded> {
    const { layout } = target
    const { rows, step } = batch
    const { truth = step.window } = batch
    const named = {
      now: stampText(now),
      began: stampText(step.beganAt),
      partition: step.partition,
      run: step.run,
      truth_from: truth?.from ?? null,
      truth_to: truth?.to ?? null,
    }
    const where = truth === undefined ? 'nowhere' : truth.from === undefined ? 'everywhere below' : 'in a range'
    const bulk = (what: Truth | 'raise') => ({
      width: dataColumns(layout).length + 1,
      named,
      statement: (count: number) => this.#kept.upserts.of(this.#raw, this.db, target, what, count),
    })
    const [raises, upserts] = [bulk('raise'), bulk(where)]
    const writeSome = async (some: EncodedRows) => {
      const count = runMany(some, upserts)
      if (layout.fed && layout.key.length > 0 && count < some.length) runMany(some, raises)
      return count
    }
    let written = 0
    const refused: RefusedRow[] = []
    for (const [at, some] of chunks(rows, AT_ONCE).entries()) {
      // A program whose output nobody reads stands still.
      if (at > 0) await setImmediate()
      const loaded = await loadHalving(this, layout.name, some, writeSome)
      written += loaded.written
      refused.push(...loaded.refused)
    }
    const loaded = { written, refused }
    if (written === 0) return loaded
    const left = new Set(refused.map(({ row }) => row))
    if (written + refused.length === rows.length) late.all(rows.filter((row) => !left.has(row)))
    else await late.some(this, target, rows)
    return loaded
  }

  async withKeys(
    { layout }: Target,
    keys: EncodedRows,
    work: (relation: RawBuilder<unknown>) => Promise<number>,
  ): Promise<number> {
    const names = [...layout.key, '_cursor']
    const columns = sql.join(names.map((name, at) => sql`${sql.raw(`column${at + 1}`)} as ${sql.id(name)}`))
    let sum = 0
    for (const some of chunks(keys, Math.max(1, Math.min(KEYS, Math.floor(PARAMETERS / names.length))))) {
      const values = sql.join(some.map((key) => sql`(${sql.join(key)})`))
      sum += await work(sql`(select ${columns} from (values ${values}))`)
    }
    return sum
  }

  async indexStaging({ slot, target }: Staging): Promise<void> {
    const index = sql.id('temp', `_tidemark_lookup_${slot}`)
    await sql`create index if not exists ${index} on ${sql.id(stagingName(slot))} (${list(target.layout.key)})`.execute(
      this.db,
    )
  }

  async indexUnique({ slot, target }: Staging): Promise<boolean> {
    const { name, key } = target.layout
    const index = sql.id('temp', `_tidemark_unique_${slot}`)
    const create = sql`create unique index ${index} on ${sql.id(stagingName(slot))} (${list(key)})`
    return (await this.attempt(name, () => create.execute(this.db))).ok
  }

  async dropStaging(table: RawBuilder<unknown>): Promise<void> {
    await sql`drop table if exists ${table}`.execute(this.db)
  }

  async present(names: readonly string[]): Promise<ReadonlyMap<string, TableState['present']>> {
    const found = await this.rows(sql`select name from main.sqlite_schema where type = 'table'`)
    return await presentIn(this, {
      names,
      there: new Set(found.map(([name]) => String(name))),
    })
  }

  async empty(name: string): Promise<void> {
    if ((await this.present([name])).get(name) === 'rows') await sql`delete from ${mainTable(name)}`.execute(this.db)
  }

  async indexPositions({ layout }: Target, lease: number): Promise<void> {
    await indexPositions(layout, lease).execute(this.db)
  }

  /** A lease's number is in the names of indexes, which may be there without it. The other numbers are those of the records. */
  async continueNumbers(): Promise<void> {
    const rows = await this.rows(
      sql`select name from main.sqlite_schema where name like '\\_tidemark\\_position\\_%' escape '\\'`,
    )
    const highest = rows.reduce((most, [name]) => Math.max(most, Number(String(name).split('_').at(-1)) || 0), 0)
    await sql`update sqlite_sequence set seq = max(seq, ${highest}) where name = '_tidemark_leases'`.execute(this.db)
  }
}

/** About how many bytes a row takes. */
function sizeOf(row: readonly unknown[]): number {
  let bytes = 8 * row.length
  for (let at = 0; at < row.length; at++) {
    const value = row[at]
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length
  }
  return bytes
}

function rolledBack(table: string, cause: unknown): SyncError {
  return new SyncError(
    `a trigger on "${table}" rolls the whole transaction back (${messageOf(cause)}), so no row of the table can be written; use RAISE(ABORT, …) in it, so that only the row it refuses is rejected`,
    'fix-config',
    { code: 'table-changed', cause },
  )
}

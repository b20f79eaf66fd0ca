import type { Batch, BinaryRows, ColumnType, Lease, StepRef, TableState } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type pg from 'pg'
import { loadHalving } from '../../rows/load.ts'
import { insertRows, mergeEqual, mergeRows } from '../../rows/merge.ts'
import { changed, exists } from '../../rows/run.ts'
import { list } from '../../rows/sql.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { dataTypes } from '../../table/columns.ts'
import type { Attempt, Dialect, LoadInto, Session, Tentative, WriteOptions } from '../dialect.ts'
import type { EncodedRows, Loaded } from '../encoded-rows.ts'
import type { Staging } from '../staging.ts'
import type { Target } from '../target.ts'
import type { Terms } from '../terms.ts'
import { attempt } from './attempt.ts'
import { continueNumbers } from './continue-numbers.ts'
import { copyIn } from './copy-in.ts'
import { copyBinary, copyInto, copyStraight } from './copy-into.ts'
import { copiedOut, withValues } from './copy-out.ts'
import { SIGNATURE, TRAILER } from './copy-rows.ts'
import type { PostgresEarlyInsert } from './early-insert.ts'
import { indexPositions } from './editor.ts'
import { emptyTable } from './empty-table.ts'
import { isOwnKey } from './errors.ts'
import { fetched } from './fetched.ts'
import { withPart, workHalving } from './part-table.ts'
import { presentTables } from './present.ts'
import type { RowBlock } from './row-blocks.ts'
import { RowWeights } from './row-weights.ts'
import type { Reserved } from './sessions.ts'
import { dropLeftovers, dropStaging } from './staging-tables.ts'
import { changedRows, type LookedBack, type LookingBack } from './unchanged.ts'

/** So often a key is tried again that is there twice; the same key twice in one batch stays so. */
const SAME_KEY_AGAIN = 3

/** What the connections of one schema share. */
export interface Shared {
  readonly dialect: Dialect
  readonly schema: string
  /** The step of a table that has met a known key: the rest of it is merged, and no longer copied directly. */
  readonly merging: WeakMap<Target, string>
  /** Finds the rows of a lookback that need not be written. */
  readonly lookingBack: LookingBack
  /** The last step of a feed, by the name of its table, and whether that had no rows when it began. */
  readonly fedSteps: Map<string, { readonly step: string; readonly wasEmpty: boolean }>
}

/** One connection to Postgres inside one transaction. */
export class PostgresSession implements Session {
  readonly client: pg.PoolClient
  readonly db: Kysely<StateDatabase>
  readonly #shared: Shared
  readonly #earlyInsert: PostgresEarlyInsert | undefined

  /** @param early what the transaction continues. */
  constructor({ client, db }: Reserved, shared: Shared, early?: PostgresEarlyInsert) {
    this.client = client
    this.db = db
    this.#shared = shared
    this.#earlyInsert = early
  }

  /** Values are the texts that the server writes, which it also reads again. */
  async rows(query: RawBuilder<unknown>): Promise<readonly (readonly unknown[])[]> {
    const { sql: text, parameters } = query.compile(this.db)
    const types = { getTypeParser: () => (value: string) => value }
    const asked = { text, values: parameters as unknown[], rowMode: 'array' as const, types: types as never }
    return (await this.client.query(asked)).rows as unknown[][]
  }

  stream(query: RawBuilder<unknown>): AsyncIterable<readonly unknown[]> {
    return fetched(this, query)
  }

  async *weights(types: readonly ColumnType[], query: RawBuilder<unknown>): AsyncGenerator<Iterable<Uint8Array>> {
    const weights = new RowWeights(types)
    for await (const block of this.copyOut(query)) yield weights.ofBlock(block)
  }

  copyOut(query: RawBuilder<unknown>): AsyncGenerator<RowBlock> {
    const { sql: text, parameters } = query.compile(this.db)
    return copiedOut(this.client, withValues(text, parameters))
  }

  async copyIn({ table, columns }: Pick<LoadInto, 'table' | 'columns'>, rows: readonly RowBlock[]): Promise<number> {
    const { sql: text } = sql`copy ${table} (${list(columns)}) from stdin (format binary)`.compile(this.db)
    return await copyIn(this.client, text, [SIGNATURE, ...rows.map(({ binary }) => binary), TRAILER])
  }

  async tentatively<T>(work: () => Promise<Tentative<T>>): Promise<T> {
    await this.client.query('savepoint tentative')
    const { keep, value } = await work()
    if (!keep) this.#earlyInsert?.undone()
    await this.client.query(keep ? 'release tentative' : 'rollback to tentative; release tentative')
    return value
  }

  /** A key that a step beside this one has committed meanwhile is there when the work is done again: no row is to blame. */
  async attempt<T>(_table: string, work: () => Promise<T>): Promise<Attempt<T>> {
    for (let again = 0; ; again++) {
      const tried = await attempt(this, work)
      if (tried.ok || again === SAME_KEY_AGAIN || !isOwnKey(tried.error)) return tried
    }
  }

  load(into: LoadInto, rows: EncodedRows): Promise<number> {
    return copyInto(this, into, rows)
  }

  loadBinary(into: LoadInto, rows: BinaryRows): Promise<number> {
    return copyBinary(this, into, rows)
  }

  async write(
    target: Target,
    batch: Pick<Batch, 'step' | 'rows' | 'binary' | 'truth' | 'lateBelow'>,
    { now, terms, lateRows: late }: WriteOptions,
  ): Promise<Loaded> {
    const { dialect, merging, lookingBack } = this.#shared
    const { layout } = target
    const { rows, binary, step } = batch
    const straight = async (some: Pick<Batch, 'rows' | 'binary'>) => {
      const written = await copyStraight(this, target, some, { now, partition: step.partition, run: step.run })
      late.all(some.rows)
      return written
    }
    if (layout.key.length === 0)
      return await loadHalving(this, layout.name, rows, (some) => straight({ rows: some as Batch['rows'] }))
    const self = `${step.run} ${step.step}`
    if (await this.#mayCopy(target, step, self)) {
      const tried = await attempt(this, () => straight(batch))
      if (tried.ok) return { written: tried.value, refused: [] }
      // A known key, or a row that the server refuses: the other way tells which.
      merging.set(target, self)
    }
    const order = layout.cursored ? 'ordered' : 'any'
    const encoded = binary?.encoded()
    const came = encoded === undefined ? rows : [...rows, ...encoded.rows]
    const all = lookingBack.isWorth(target, batch) ? await this.#changed(target, batch, terms) : came
    if (all.length === 0) return { written: 0, refused: [], deduped: encoded?.deduped }
    const loaded = await workHalving(this, target, all, async (source, count) => {
      const written = await changed(this, mergeRows(dialect, target, source, order, terms))
      if (layout.fed && written < count) await changed(this, mergeEqual(dialect, target, source, terms))
      if (written > 0) await late.some(this, target, all, source)
      return written
    })
    return { ...loaded, deduped: encoded?.deduped }
  }

  /** Rows of a lookback without those that are there so: where they cannot be looked at, all. */
  async #changed(target: Target, batch: LookedBack, terms: Terms): Promise<Batch['rows']> {
    const tried = await this.attempt(target.layout.name, () => changedRows(this, target, batch, terms))
    const left = tried.ok ? tried.value : batch.rows
    this.#shared.lookingBack.looked(target, batch, left)
    return left
  }

  async insertNew(target: Target, { table }: Staging, terms: Terms): Promise<number | undefined> {
    const tried = await attempt(this, () =>
      changed(this, insertRows(target, sql`(select * from ${table} where _kind = 0)`, terms)),
    )
    return tried.ok ? tried.value : undefined
  }

  async finishEarlyInsert(target: Target, staging: Staging): Promise<number | undefined> {
    return await this.#earlyInsert?.finish(target, staging)
  }

  /**
   * Whether the rows of a step may all be new. Those of a backfill are until one is not; of a feed only those of a table that
   * was empty when its step began: the others change rows that are there, and each error is a line in the server's log.
   */
  async #mayCopy(target: Target, { kind }: Pick<StepRef, 'kind'>, self: string): Promise<boolean> {
    const { merging, fedSteps } = this.#shared
    if ((kind !== 'backfill' && kind !== 'changes') || merging.get(target) === self) return false
    if (kind === 'backfill') return true
    const { name } = target.layout
    const known = fedSteps.get(name)
    if (known?.step === self) return known.wasEmpty
    const wasEmpty = !(await exists(this, sql`select 1 from ${target.table}`))
    fedSteps.set(name, { step: self, wasEmpty })
    return wasEmpty
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
    return await withPart(this, into, keys, work)
  }

  async indexStaging({ table }: Staging): Promise<void> {
    await sql`analyze ${table}`.execute(this.db)
  }

  dropStaging(table: RawBuilder<unknown>): Promise<void> {
    return dropStaging(this, table)
  }

  dropLeftovers(leases: readonly Lease[]): Promise<void> {
    return dropLeftovers(this, this.#shared.schema, leases)
  }

  present(names: readonly string[]): Promise<ReadonlyMap<string, TableState['present']>> {
    return presentTables(this, this.#shared.schema, names)
  }

  empty(name: string): Promise<void> {
    return emptyTable(this, this.#shared.schema, name)
  }

  async indexPositions({ layout }: Target, lease: number): Promise<void> {
    await indexPositions(this.#shared.schema, layout, lease).execute(this.db)
  }

  continueNumbers(): Promise<void> {
    return continueNumbers(this.db, this.#shared.schema)
  }
}

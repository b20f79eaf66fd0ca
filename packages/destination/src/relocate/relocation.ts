import { SyncError } from '@tidemark/core'
import {
  type Contents,
  type KnownTable,
  type Lease,
  type RecordChunk,
  type RecordKind,
  type Relocation,
  type StoredRow,
  sizeOf,
} from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { StoredTable } from '../compare/stored-table.ts'
import type { Flavor } from '../state/flavor.ts'
import type { StateDatabase } from '../state/state-tables.ts'
import { dataTypes, type Layout } from '../table/columns.ts'
import { columnCount, type TableMaker } from '../table/prepare.ts'
import type { Forms } from '../values/forms.ts'
import { contentsSum } from './contents-sum.ts'
import { markMade, markMoving, moveInto, unmarkMoving } from './moving.ts'
import { readRecords, replaceRecords } from './state-records.ts'
import { storedForm, unfit } from './stored-form.ts'
import { tableLayout, tablePlan } from './table-layout.ts'

type Db = Kysely<StateDatabase>

/** What one database does of it. */
export interface RelocationBase {
  readonly flavor: Flavor
  readonly maker: TableMaker
  readonly forms: Forms
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** A transaction that holds a table's fence. */
  fenced<T>(lease: Lease, work: (transaction: RelocationTransaction) => Promise<T>): Promise<T>
  /** Proves within a transaction that a lease is still held. */
  prove(db: Db, lease: Lease): Promise<void>
  stored(layout: Layout): StoredTable
  dropTable(db: Db, name: string): Promise<void>
  /** Lets the numbers that a database gives out begin above those that are there. */
  countOn(db: Db): Promise<void>
}

export interface RelocationTransaction {
  readonly db: Db
  /** Writes rows in their stored forms. @returns the first that was refused, and why. */
  insert(
    layout: Layout,
    rows: readonly (readonly unknown[])[],
  ): Promise<{ readonly at: number; readonly why: string } | undefined>
}

/** A chunk holds so many rows, or about so many characters. */
const ROWS = 10_000
const CHARACTERS = 8_000_000

/** State and rows of one database as they stand. */
export class TableRelocation implements Relocation {
  readonly #base: RelocationBase

  constructor(base: RelocationBase) {
    this.#base = base
  }

  get place(): string {
    return this.#base.maker.place
  }

  async *records(kind: RecordKind): AsyncGenerator<RecordChunk> {
    for (let after = 0; ; ) {
      const records = await this.#base.read((db) => readRecords(db, this.#base.flavor, kind, after))
      if (records.length === 0) return
      yield { kind, records }
      after += records.length
    }
  }

  async contents(table: KnownTable): Promise<Contents | undefined> {
    const loose = await this.#looseOf(table)
    if (loose === undefined) return undefined
    const sum = this.sum(table, loose)
    for await (const rows of this.#chunks(table, loose)) sum.add(rows)
    return sum.contents()
  }

  async rows(table: KnownTable) {
    const loose = await this.#looseOf(table)
    return loose === undefined ? undefined : { loose, chunks: this.#chunks(table, loose) }
  }

  sum(table: KnownTable, loose: boolean) {
    return contentsSum(dataTypes(tableLayout(table, loose)))
  }

  async begin(origin: string): Promise<void> {
    const { flavor, maker, dropTable } = this.#base
    await this.#base.write(async (db) => {
      const move = await moveInto(db, flavor)
      if (move !== undefined && move.origin !== origin) {
        throw new SyncError(
          `a move from ${move.origin} into ${this.place} was interrupted, and this one comes from ${origin}; end that one, or drop the tables there`,
          'fix-config',
          { code: 'destination-moving' },
        )
      }
      if (move !== undefined) {
        for (const name of move.names) await dropTable(db, name)
        await unmarkMoving(db)
      }
      const known = await db.selectFrom('_tidemark_tables').select('name').limit(1).executeTakeFirst()
      if (known !== undefined) {
        throw new SyncError(
          `${maker.place} already holds tables of Tidemark ("${known.name}"); a move needs a place that holds none: name another file, schema or database`,
          'fix-config',
          { code: 'not-empty' },
        )
      }
      await markMoving(db, origin)
    })
  }

  async create(lease: Lease, table: KnownTable, loose: boolean): Promise<void> {
    const { maker, fenced } = this.#base
    const plan = tablePlan(table, loose)
    const refuse = (problem: string): never => {
      throw new SyncError(`table "${table.name}" cannot be made in ${maker.place}: ${problem}`, 'fix-config', {
        code: 'not-empty',
      })
    }
    if (columnCount(plan) > maker.maxColumns)
      refuse(
        `it has ${columnCount(plan)} columns with those of the system, and ${maker.database} takes ${maker.maxColumns}`,
      )
    await fenced(lease, async ({ db }) => {
      const there = await maker.physical(db, table.name)
      if (there !== undefined) refuse(`there is ${there.kind} of that name (${there.name}) already; name another place`)
      await maker.create(db, plan, lease)
      if (plan.key.length === 0) await maker.indexPositions(db, plan, lease)
      await markMade(db, table.name)
    })
  }

  async put(lease: Lease, table: KnownTable, loose: boolean, rows: readonly StoredRow[]): Promise<void> {
    const { forms, fenced } = this.#base
    const layout = tableLayout(table, loose)
    const encoded = rows.map((row) => storedForm(layout, row, forms))
    await fenced(lease, async ({ insert }) => {
      const refused = await insert(layout, encoded)
      if (refused !== undefined) throw unfit(layout, rows[refused.at]!, refused.why)
    })
  }

  async replace(
    leases: readonly Lease[],
    chunks: () => AsyncIterable<RecordChunk> | Iterable<RecordChunk>,
  ): Promise<void> {
    const { prove, countOn, write } = this.#base
    await write(async (db) => {
      for (const lease of leases) await prove(db, lease)
      await replaceRecords(db, chunks())
      await countOn(db)
      await unmarkMoving(db)
    })
  }

  /** Whether undeclared fields are kept; undefined where the table is not there. */
  async #looseOf({ name, facts }: KnownTable): Promise<boolean | undefined> {
    const there = await this.#base.read((db) => this.#base.maker.physical(db, name))
    if (there === undefined || !there.isTable) return undefined
    const system = ['_cursor', '_synced_at', '_deleted_at', ...(facts.partitioned ? ['_partition'] : [])]
    const missing = [...facts.columns.map(({ column }) => column), ...system].find(
      (column) => !there.columns.includes(column),
    )
    if (missing !== undefined) {
      throw new SyncError(`table "${name}" in ${this.place} has no column "${missing}"`, 'fix-config', {
        code: 'table-changed',
      })
    }
    return there.columns.includes('_extra')
  }

  async *#chunks(table: KnownTable, loose: boolean): AsyncGenerator<readonly StoredRow[]> {
    const stored = this.#base.stored(tableLayout(table, loose))
    try {
      let rows: StoredRow[] = []
      let characters = 0
      for await (const row of stored.all()) {
        rows.push(row)
        for (const value of row.values) characters += sizeOf(value)
        if (rows.length < ROWS && characters < CHARACTERS) continue
        yield rows
        rows = []
        characters = 0
      }
      if (rows.length > 0) yield rows
    } finally {
      stored.close()
    }
  }
}

import { SyncError } from '@tidemark/core'
import {
  type Contents,
  type KnownTable,
  type Lease,
  messageOf,
  type NativeCopier,
  type RecordChunk,
  type RecordKind,
  type Relocation,
  type StoredRow,
  sizeOf,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { storedTable } from '../compare/stored-table.ts'
import { loadHalving } from '../rows/load.ts'
import type { StateDatabase } from '../state/state-types.ts'
import { dataTypes, systemTypes } from '../table/columns.ts'
import { columnCount } from '../table/prepare.ts'
import { contentsSum } from './contents-sum.ts'
import { markMade, markMoving, moveInto, unmarkMoving } from './moving.ts'
import { attempted, NativeCopies } from './native-copies.ts'
import type { RelocationBase } from './relocation-base.ts'
import { readRecords, replaceRecords } from './state-records.ts'
import { storedColumns, storedForms, unfit } from './stored-form.ts'
import { tableLayout, tablePlan } from './table-layout.ts'

type Db = Kysely<StateDatabase>

/** A chunk holds so many rows, or about so many characters: more would outlive a round of the garbage collector. */
const ROWS = 2_500
const CHARACTERS = 8_000_000

/** State and rows of one database as stored. */
export class TableRelocation implements Relocation {
  readonly native: NativeCopier | undefined
  readonly #base: RelocationBase

  constructor(base: RelocationBase) {
    this.#base = base
    const { nativeForm } = base.dialect
    this.native =
      nativeForm === undefined ? undefined : new NativeCopies(nativeForm, base, (table) => this.#looseOf(table))
  }

  get place(): string {
    return this.#base.dialect.place
  }

  async *records(kind: RecordKind): AsyncGenerator<RecordChunk> {
    for (let after = 0; ; ) {
      const records = await this.#read((db) => readRecords(db, this.#base.dialect.flavor, kind, after))
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
    const { flavor: dialect, editor, table } = this.#base.dialect
    await this.#base.connections.transaction({ mode: 'write' }, async ({ db }) => {
      const move = await moveInto(db, dialect)
      if (move !== undefined && move.origin !== origin) {
        throw new SyncError(
          `a move from ${move.origin} into ${this.place} was interrupted, and this one is from ${origin}; finish that one, or drop the tables there`,
          'fix-config',
          { code: 'destination-moving' },
        )
      }
      if (move !== undefined) {
        for (const name of move.names) await sql`drop table if exists ${table(name)}`.execute(db)
        await unmarkMoving(db)
      }
      const known = await db.selectFrom('_tidemark_tables').select('name').limit(1).executeTakeFirst()
      if (known !== undefined) {
        throw new SyncError(
          `${editor.place} already contains tables of Tidemark ("${known.name}"); a move needs a place without any: name another file, schema or database`,
          'fix-config',
          { code: 'not-empty' },
        )
      }
      await markMoving(db, origin)
    })
  }

  async create(lease: Lease, table: KnownTable, loose: boolean, how?: 'again' | 'unkeyed'): Promise<void> {
    const { editor, table: nameOf } = this.#base.dialect
    const plan = tablePlan(table, loose)
    const refuse = (problem: string): never => {
      throw new SyncError(`table "${table.name}" cannot be created in ${editor.place}: ${problem}`, 'fix-config', {
        code: 'not-empty',
      })
    }
    if (columnCount(plan) > editor.maxColumns)
      refuse(
        `it has ${columnCount(plan)} columns with those of the system, and ${editor.database} takes ${editor.maxColumns}`,
      )
    await this.#base.fenced(lease, async ({ db }) => {
      if (how === 'again') await sql`drop table ${nameOf(table.name)}`.execute(db)
      const there = await editor.inspect(db, table.name)
      if (there !== undefined) refuse(`${there.kind} of that name (${there.name}) already exists; name another place`)
      if (how === 'unkeyed' && editor.keyless !== undefined) await editor.keyless.create(db, plan)
      else {
        await editor.create(db, plan, lease)
        if (plan.key.length === 0) await editor.indexPositions(db, plan, lease)
      }
      if (how !== 'again') await markMade(db, table.name)
    })
  }

  async complete(lease: Lease, table: KnownTable, loose: boolean): Promise<void> {
    const { editor } = this.#base.dialect
    if (editor.keyless === undefined) return
    const plan = tablePlan(table, loose)
    await this.#base.fenced(lease, (session) =>
      attempted(session, table.name, async () => {
        await editor.keyless!.addKey(session.db, plan, lease)
        if (plan.key.length === 0) await editor.indexPositions(session.db, plan, lease)
      }),
    )
  }

  async put(lease: Lease, table: KnownTable, loose: boolean, rows: readonly StoredRow[]): Promise<void> {
    const { codec, table: nameOf } = this.#base.dialect
    const layout = tableLayout(table, loose)
    const encoded = rows.map(storedForms(layout, codec))
    const columns = storedColumns(layout)
    const into = {
      table: nameOf(layout.name),
      columns: columns.map(({ name }) => name),
      types: columns.map(({ type }) => type),
    }
    await this.#base.fenced(lease, async (session) => {
      const { refused } = await loadHalving(session, layout.name, encoded, (some) => session.load(into, some))
      const [first] = refused
      if (first !== undefined) throw unfit(layout, rows[encoded.indexOf(first.row)]!, messageOf(first.error))
    })
  }

  async replace(
    leases: readonly Lease[],
    chunks: () => AsyncIterable<RecordChunk> | Iterable<RecordChunk>,
  ): Promise<void> {
    const { prove, connections } = this.#base
    await connections.transaction({ mode: 'write' }, async (session) => {
      const { db } = session
      for (const lease of leases) await prove(db, lease)
      await replaceRecords(db, chunks())
      await session.continueNumbers()
      await unmarkMoving(db)
    })
  }

  /** Whether undeclared fields are kept; undefined if the table does not exist. */
  async #looseOf({ name, schema: recorded }: KnownTable): Promise<boolean | undefined> {
    const there = await this.#read((db) => this.#base.dialect.editor.inspect(db, name))
    if (there === undefined || !there.isTable) return undefined
    const system = systemTypes(recorded).map(([column]) => column)
    const missing = [...recorded.columns.map(({ column }) => column), ...system].find(
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
    const { connections, dialect } = this.#base
    let rows: StoredRow[] = []
    let characters = 0
    for await (const some of storedTable(connections, dialect, tableLayout(table, loose)).all())
      for (const row of some) {
        rows.push(row)
        for (const value of row.values) characters += sizeOf(value)
        if (rows.length < ROWS && characters < CHARACTERS) continue
        yield rows
        rows = []
        characters = 0
      }
    if (rows.length > 0) yield rows
  }

  async #read<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return await this.#base.connections.transaction({ mode: 'read' }, ({ db }) => work(db))
  }
}

import { SyncError } from '@tidemark/core'
import type { Comparison, Shape } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { chunks } from '../chunks.ts'
import { NO_LEASE } from '../state/no-lease.ts'
import { factsOfTable } from '../state/state-store.ts'
import type { StateDatabase } from '../state/state-types.ts'
import { type Layout, layOut } from '../table/columns.ts'
import { encoderOf } from '../table/encoder.ts'
import { planTable } from '../table/prepare.ts'
import type { SchemaEditor } from '../table/schema-editor.ts'
import { columnAdded } from '../table/shape-changes.ts'
import type { Canonical } from '../values/canonical.ts'
import type { ValueCodec } from '../values/codec.ts'
import { stampText } from '../values/value-text.ts'
import { compare } from './compare.ts'
import type { StoredTable } from './stored-table.ts'

export interface ComparisonOptions {
  readonly editor: SchemaEditor
  readonly name: string
  readonly shape: Shape
  readonly forms: ValueCodec
  readonly canonical: Canonical
}

/** What a comparison needs to know of the state, read in one go. */
export interface Compare {
  readonly layout: Layout
  readonly uncomparedColumns: readonly string[]
  readonly addedColumns: ReadonlyMap<string, string>
  readonly refused: ReadonlySet<string>
}

/** The hashes of so many rows that the database refused are kept in memory. */
const REFUSED = 100_000

/** @throws SyncError code `schema` where the table is not there, or could not be written as it is. */
export async function planComparison({
  db,
  editor,
  name,
  shape,
}: Pick<ComparisonOptions, 'editor' | 'name' | 'shape'> & { readonly db: Kysely<StateDatabase> }): Promise<Compare> {
  const recorded = await factsOfTable(db, name)
  const there = await editor.inspect(db, name)
  if (recorded === undefined || there === undefined) {
    throw new SyncError(
      `there is no table "${name}" in the destination; "tidemark tables" lists the tables`,
      'fix-config',
      { code: 'schema' },
    )
  }
  const planned = await planTable(db, editor, name, NO_LEASE, shape)
  const next = new Map(planned.schema.columns.map((column) => [column.name, column.type]))
  // What the next sync will add or widen cannot be compared before.
  const known = recorded.columns.filter((column) => next.get(column.name) === column.type)
  const kept = new Set(known.map((column) => column.name))
  const loose = shape.loose && there.columns.includes('_extra')
  const layout = layOut(name, { ...shape, loose }, { columns: known, runs: recorded.runs })
  return {
    layout,
    uncomparedColumns: shape.columns.map((column) => column.name).filter((column) => !kept.has(column)),
    addedColumns: await lateColumns(db, name, layout),
    refused: await refusedRows(db, name),
  }
}

/** When columns came that were not there from the start. */
async function lateColumns(
  db: Kysely<StateDatabase>,
  name: string,
  { columns }: Layout,
): Promise<ReadonlyMap<string, string>> {
  const byChange = new Map(columns.map((column) => [columnAdded(column.name), column.name]))
  const late = new Map<string, string>()
  for (const changes of chunks([...byChange.keys()])) {
    const rows = await db
      .selectFrom('_tidemark_changes')
      .select(['change', 'changed_at'])
      .where('name', '=', name)
      .where('change', 'in', changes)
      .orderBy('id')
      .execute()
    for (const { change, changed_at } of rows) late.set(byChange.get(change)!, stampText(BigInt(changed_at)))
  }
  return late
}

async function refusedRows(db: Kysely<StateDatabase>, name: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('_tidemark_rejects')
    .select('hash')
    .where('name', '=', name)
    .where('code', '=', 'destination')
    .limit(REFUSED)
    .execute()
  return new Set(rows.map(({ hash }) => hash))
}

export function openComparison(
  { forms: codec, canonical }: Pick<ComparisonOptions, 'forms' | 'canonical'>,
  plan: Compare,
  stored: StoredTable,
): Comparison {
  return compare({ ...plan, canonical, stored, encoder: encoderOf(plan.layout, codec) })
}

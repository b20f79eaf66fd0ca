import type { DatabaseSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import type { Facts, ReadOptions } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-tables.ts'
import { identifying } from '../../table/columns.ts'
import { decode } from '../../values/decode.ts'
import { storedColumns } from './rebuild.ts'
import { mainTable } from './statements.ts'

/** How rows of a table are read: the statement, its parameters, and what a row of it becomes. */
interface Reading {
  readonly text: string
  readonly parameters: readonly (string | bigint)[]
  rowOf(values: readonly unknown[]): Record<string, unknown>
}

const { id, join } = sql

/** Rows of a table, one by one. @throws SyncError where the table is not there. */
export function* readRows(
  raw: DatabaseSync,
  db: Kysely<StateDatabase>,
  { name, facts, options }: { readonly name: string; readonly facts: Facts | undefined; readonly options: ReadOptions },
): Generator<Record<string, unknown>> {
  const { text, parameters, rowOf } = readingOf(db, raw, name, facts, options)
  const statement = raw.prepare(text)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  for (const row of statement.iterate(...parameters)) yield rowOf(row as unknown as readonly unknown[])
}

function readingOf(
  db: Kysely<StateDatabase>,
  raw: DatabaseSync,
  name: string,
  facts: Facts | undefined,
  options: ReadOptions,
): Reading {
  const present = facts === undefined ? [] : storedColumns(raw, name)
  if (facts === undefined || present.length === 0) {
    throw new SyncError(
      `there is no table "${name}" in the destination; "tidemark tables" lists those that there are`,
      'fix-config',
      {
        code: 'schema',
      },
    )
  }
  const { columns, partitioned, globalKey } = facts
  const loose = present.includes('_extra')
  const destination = new Map(columns.map((column) => [column.name, column.column]))
  const key = identifying({ key: facts.primaryKey.map((column) => destination.get(column)!), partitioned, globalKey })
  const order = key.length > 0 ? key : [...(partitioned ? ['_partition'] : []), '_cursor', '_rowid_']
  const { window, partition, deleted } = options
  const conditions = [
    ...(deleted === true ? [] : [sql`_deleted_at is null`]),
    ...(partition === undefined || !partitioned ? [] : [sql`_partition = ${partition}`]),
    ...(window?.from === undefined ? [] : [sql`_cursor >= ${window.from}`]),
    ...(window === undefined ? [] : [sql`_cursor < ${window.to}`]),
  ]
  const where = conditions.length === 0 ? sql`` : sql` where ${join(conditions, sql` and `)}`
  const list = (names: readonly string[]) => join(names.map((one) => id(one)))
  const selected = [...columns.map(({ column }) => column), ...(loose ? ['_extra'] : [])]
  const query = sql`select ${list(selected)} from ${mainTable(name)}${where} order by ${list(order)}`.compile(db)
  return {
    text: query.sql,
    parameters: query.parameters as readonly (string | bigint)[],
    rowOf: (values) => {
      const row: Record<string, unknown> = Object.create(null)
      for (const [at, column] of columns.entries()) row[column.name] = decode(values[at], column.type)
      // Undeclared fields stand beside the others, as the source gave them.
      if (loose) Object.assign(row, decode(values[columns.length], 'json'))
      return { ...row }
    },
  }
}

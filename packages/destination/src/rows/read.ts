import { SyncError } from '@tidemark/core'
import type { ReadOptions, RecordedSchema } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Dialect, Session } from '../dialects/dialect.ts'
import { identifying } from '../table/columns.ts'
import { and, list } from './sql.ts'

export interface Reading {
  readonly name: string
  readonly schema: RecordedSchema | undefined
  readonly options: ReadOptions
}

/** Rows of a table, one by one, ordered by their key, else by their position. @throws SyncError where the table is not there. */
export async function* readRows(
  { dialect, session }: { readonly dialect: Dialect; readonly session: Session },
  { name, schema: recorded, options }: Reading,
): AsyncGenerator<Record<string, unknown>> {
  const there = recorded === undefined ? undefined : await dialect.editor.inspect(session.db, name)
  if (recorded === undefined || there === undefined || there.columns.length === 0) {
    throw new SyncError(
      `there is no table "${name}" in the destination; "tidemark tables" lists the tables`,
      'fix-config',
      { code: 'schema' },
    )
  }
  const { columns, partitioned, globalKey } = recorded
  const loose = there.columns.includes('_extra')
  const destination = new Map(columns.map((column) => [column.name, column.column]))
  const key = identifying({
    key: recorded.primaryKey.map((column) => destination.get(column)!),
    partitioned,
    globalKey,
  })
  const place = dialect.rowPlace.map((column) => column.name)
  const order = key.length > 0 ? key : [...(partitioned ? ['_partition'] : []), '_cursor', ...place]
  const { window, partition, deleted } = options
  const where = and([
    ...(deleted === true ? [] : [sql`_deleted_at is null`]),
    ...(partition === undefined || !partitioned ? [] : [sql`_partition = ${partition}`]),
    ...(window?.from === undefined ? [] : [sql`_cursor >= ${window.from}`]),
    ...(window === undefined ? [] : [sql`_cursor < ${window.to}`]),
  ])
  const selected = [...columns.map(({ column }) => column), ...(loose ? ['_extra'] : [])]
  const ordered = sql.join(order.map((one) => sql`${sql.id(one)} nulls first`))
  const query = sql`select ${list(selected)} from ${dialect.table(name)} where ${where} order by ${ordered}`
  const decoded = columns.map(({ name, type }) => [name, dialect.decode[type]] as const)
  for await (const values of session.stream(query)) {
    const row: Record<string, unknown> = Object.create(null)
    for (let at = 0; at < decoded.length; at++) {
      const [name, decode] = decoded[at]!
      row[name] = decode(values[at])
    }
    // Undeclared fields appear beside the others, as the source returned them.
    if (loose) Object.assign(row, dialect.decode.json(values[columns.length]))
    yield { ...row }
  }
}

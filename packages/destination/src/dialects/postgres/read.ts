import { SyncError } from '@tidemark/core'
import type { ColumnType, Facts, ReadOptions } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { identifying } from '../../table/columns.ts'
import { fetched } from './fetched.ts'
import { decodeText } from './forms.ts'
import { columnsOf } from './maker.ts'
import type { Session } from './sessions.ts'
import { and, list } from './statements.ts'

const { id, join } = sql
/** Rows of a table, as a cursor of the server gives them. @throws SyncError where the table is not there. */
export async function* readRows(
  session: Session,
  { schema, name, facts }: { readonly schema: string; readonly name: string; readonly facts: Facts | undefined },
  options: ReadOptions,
): AsyncGenerator<Record<string, unknown>> {
  const present = facts === undefined ? [] : (await columnsOf(session.db, schema, name)).map((column) => column.name)
  if (facts === undefined || present.length === 0) {
    throw new SyncError(
      `there is no table "${name}" in the destination; "tidemark tables" lists those that there are`,
      'fix-config',
      { code: 'schema' },
    )
  }
  const { columns, partitioned, globalKey } = facts
  const loose = present.includes('_extra')
  const destination = new Map(columns.map((column) => [column.name, column.column]))
  const key = identifying({ key: facts.primaryKey.map((column) => destination.get(column)!), partitioned, globalKey })
  const order = key.length > 0 ? key : [...(partitioned ? ['_partition'] : []), '_cursor', 'ctid']
  const { window, partition, deleted } = options
  const conditions = [
    ...(deleted === true ? [] : [sql`_deleted_at is null`]),
    ...(partition === undefined || !partitioned ? [] : [sql`_partition = ${partition}`]),
    ...(window?.from === undefined ? [] : [sql`_cursor >= ${window.from}`]),
    ...(window === undefined ? [] : [sql`_cursor < ${window.to}`]),
  ]
  const where = conditions.length === 0 ? sql`` : sql` where ${and(conditions)}`
  const selected = [...columns.map(({ column }) => column), ...(loose ? ['_extra'] : [])]
  const query = sql`select ${list(selected)} from ${id(schema, name)}${where} order by ${join(order.map((one) => sql`${id(one)} nulls first`))}`
  for await (const values of fetched(session, query)) {
    const row: Record<string, unknown> = Object.create(null)
    for (const [at, column] of columns.entries()) row[column.name] = decodeText(values[at]!, column.type as ColumnType)
    // Undeclared fields stand beside the others, as the source gave them.
    if (loose) Object.assign(row, decodeText(values[columns.length]!, 'json'))
    yield { ...row }
  }
}

import { rowOf, SyncError, type Table } from '@tidemark/core'
import { columnsFor } from './columns-for.ts'
import { refusedTable } from './failing-table.ts'
import type { FoundTable } from './found-table.ts'
import type { TableOfLog } from './log-feed.ts'
import { columnOutOfSight, type SightQuestion } from './out-of-sight.ts'
import type { LogFacts } from './postgres/log/leaves.ts'
import { logKeyOf } from './postgres/log/logged-table.ts'
import type { PostgresLog } from './postgres/log/postgres-log.ts'
import type { Snapshot } from './postgres/log/snapshot.ts'
import type { Client } from './source.ts'

/** Tables that are read from the log, and those that cannot be and say why. */
export interface LoggedTables {
  readonly logged: readonly TableOfLog[]
  readonly refused: readonly Table<Client>[]
}

/**
 * Of the tables that were chosen, those that are read from the log.
 *
 * @param since what was seen before they were looked for. @param findAgain finds all tables once more.
 */
export async function loggedTables(
  found: readonly FoundTable[],
  log: PostgresLog,
  {
    since,
    findAgain,
    ...context
  }: SightQuestion & { readonly since: Snapshot; readonly findAgain: (signal: AbortSignal) => Promise<unknown> },
): Promise<LoggedTables> {
  const logged: TableOfLog[] = []
  const refused: Table<Client>[] = []
  const facts = await log.catalog.facts(found, context)
  const unpublished = await log.catalog.unpublished(context)
  for (const table of found) {
    const own = facts.get(table.name)!
    const one = unpublished({ found: table, leaves: own.leaves }) ?? (await loggedTable(table, own, context))
    if (SyncError.is(one)) refused.push(refusedTable(table.name, one))
    else logged.push(one)
  }
  log.catalog.take(logged, facts, { since, findAgain })
  return { logged, refused }
}

async function loggedTable(
  table: FoundTable,
  { leaves, unpublished }: LogFacts,
  context: SightQuestion,
): Promise<TableOfLog | SyncError> {
  const { client, tracked, log } = context
  const { config, database } = client
  const own = Object.hasOwn(config.tables, table.name) ? config.tables[table.name] : undefined
  const hidden = await columnOutOfSight(table, context)
  if (hidden !== undefined) return hidden
  const logKey = logKeyOf(table, leaves, own?.appendOnly === true)
  if ('problem' in logKey)
    return new SyncError(
      `${database.label}: table "${table.name}" cannot be read from the log: ${logKey.problem}; or leave it out with exclude: [${JSON.stringify(table.name)}]`,
      'fix-config',
      { code: 'log-identity' },
    )
  const { key } = logKey
  const left = key.find((name) => own?.columns[name] === false)
  if (left !== undefined)
    return new SyncError(
      `config.tables.${JSON.stringify(table.name)}.columns: "${left}" belongs to the key by which the log tells rows, and cannot be left out`,
      'fix-config',
      { code: 'log-identity' },
    )
  const told = { ...table, columns: table.columns.filter(({ name }) => !unpublished.has(name)) }
  const columns = columnsFor(told, key, own, { tracked, log })
  return {
    name: table.name,
    found: told,
    key,
    leaves,
    isKnown: tracked.columns(table.name) !== undefined,
    columns: columns.map(({ selected }) => selected),
    row: rowOf(columns.map(({ column }) => (key.includes(column.name) ? { ...column, nullable: false } : column))),
  }
}

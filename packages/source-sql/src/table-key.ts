import { SyncError, suggestion, type Tracked } from '@tidemark/core'
import type { TableConfig } from './config.ts'
import type { Asked, Database } from './database.ts'
import type { FoundTable } from './found-table.ts'

export interface KeyQuestion extends Asked {
  readonly own: TableConfig | undefined
  readonly tracked: Tracked
  readonly database: Database
  readonly warn: (message: string) => void
}

/** The columns that identify a row: by the user's word, else the database's. Empty where there is no key. */
export async function keyFor(table: FoundTable, question: KeyQuestion): Promise<readonly string[]> {
  const { own, tracked, warn } = question
  const isNew = tracked.columns(table.name) === undefined
  const { primaryKey } = own ?? {}
  if (primaryKey === undefined) return await declaredKey(table, isNew, question)
  const missing = primaryKey.find((name) => !table.columns.some((column) => column.name === name))
  if (missing === undefined) return primaryKey
  const problem = table.hidden?.includes(missing)
    ? `this user cannot read column "${missing}"`
    : `table "${table.name}" has no column "${missing}"; ${suggestion(
        missing,
        table.columns.map((column) => column.name),
        'columns',
      )}`
  // It identified the rows before, and the database has changed; any other is a slip of whoever wrote it.
  if (tracked.primaryKey?.(table.name)?.includes(missing) !== true)
    throw new SyncError(`config.tables.${JSON.stringify(table.name)}.primaryKey: ${problem}`, 'fix-config')
  warn(`the table lost its key: ${problem}`)
  return []
}

async function declaredKey(
  table: FoundTable,
  isNew: boolean,
  { own, database, warn, signal, log }: KeyQuestion,
): Promise<readonly string[]> {
  if (!table.key.every((name) => own?.columns[name] !== false)) return []
  // What once was taken for the key stays it: the question looks at all rows.
  if (table.unproven !== true || !isNew) return table.key
  const isUnique = await database.isUnique?.(table, table.key, { signal, log })
  if (isUnique === true) return table.key
  const key = table.key.join(', ')
  const config = `tables: { ${JSON.stringify(table.name)}: { primaryKey: ${JSON.stringify(table.key)} } }`
  warn(
    isUnique === false
      ? `each of its partitions has the key ${key}, but two of them contain the same value, so the table has no key and every run reads all of it`
      : `each of its partitions has the key ${key}; checking whether two of them contain the same value takes too long, so the table has no key and every run reads all of it; if ${key} identifies a row, set ${config}`,
  )
  return []
}

import type { Asked, Database, Selected } from './database.ts'
import type { FoundTable } from './found-table.ts'

export interface BeforeQuestion extends Asked {
  readonly database: Database
}

/**
 * What rows hold in a column that were there before it: the default with which it was added, as the database itself gives it
 * to them. Undefined where it does not say, or where no such row can be shown to hold it.
 */
export async function valueBefore(
  table: FoundTable,
  { name, decode }: Selected,
  { database, signal, log }: BeforeQuestion,
): Promise<{ readonly value: unknown } | undefined> {
  const found = await database.before?.(table, name, { signal, log })
  if (found === undefined || found.raw === null) return undefined
  return { value: decode === undefined ? found.raw : decode(found.raw as never) }
}

import type { Connection } from 'mysql2'
import { generationOf } from '../generation.ts'
import { ask, text } from './session.ts'

/**
 * What the tables of InnoDB are kept in: their numbers, which only who has PROCESS may see. Dropped and made again,
 * truncated, swapped or rebuilt, a table has another number; for whoever may not see them, the time says the same except
 * where a table is truncated.
 */
export async function storageOf(
  connection: Connection,
  isMariaDb: boolean,
): Promise<(schema: string, table: string) => string | undefined> {
  const view = isMariaDb ? 'INNODB_SYS_TABLES' : 'INNODB_TABLES'
  const rows = await ask(connection, `SELECT NAME, TABLE_ID FROM information_schema.${view}`).catch(
    (error: unknown) => {
      if (/PROCESS privilege/i.test(String((error as Error).message))) return []
      throw error
    },
  )
  const tables = new Map<string, [string, string][]>()
  for (const row of rows) {
    const [name = '', id = ''] = row.map(text)
    const [table = '', part] = name.split(/#p#/i)
    const parts = tables.get(table) ?? []
    parts.push([part ?? '', id])
    tables.set(table, parts)
  }
  return (schema, table) => {
    const parts = tables.get(`${fileName(schema)}/${fileName(table)}`)
    if (parts === undefined) return undefined
    const [first] = parts
    return first![0] === '' ? generationOf({ head: first![1] }) : generationOf({ head: 'partitions', files: parts })
  }
}

/** A name as files have it, where it is ASCII; other characters have codes of their own, and their tables go by the time. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, (one) => `@${one.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}

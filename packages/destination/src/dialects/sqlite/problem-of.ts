import type { DatabaseSync } from 'node:sqlite'
import type { RecordedSchema } from '@tidemark/core/engine'
import { identifying, systemTypes } from '../../table/columns.ts'
import { fold } from '../../table/names.ts'
import { TYPE_NAMES } from './column-types.ts'

/** Whether a table is still as it was created: it may have been created again outside Tidemark. @returns what is wrong, for people. */
export function problemOf(raw: DatabaseSync, table: string, known: RecordedSchema): string | undefined {
  const { columns, primaryKey, partitioned, globalKey } = known
  const present = raw.prepare('select name, type, pk from pragma_table_xinfo(?) where hidden = 0').all(table)
  const types = new Map(present.map(({ name, type }) => [fold(String(name)), String(type).toUpperCase()]))
  const own = columns.map(({ column, type }) => [column, type] as const)
  for (const [column, wanted] of [...own, ...systemTypes(known)]) {
    const type = types.get(fold(column))
    if (type === undefined) return `its column "${column}" was dropped`
    if (type !== TYPE_NAMES[wanted])
      return `its column "${column}" was ${TYPE_NAMES[wanted]} and is ${type === '' ? 'without a type' : type} now`
  }
  const named = new Map(columns.map((one) => [one.name, one.column]))
  const key = identifying({ key: primaryKey.map((one) => named.get(one)!), partitioned, globalKey })
  const declared = present.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name))
  if (key.length === 0 || isSame(key, declared) || uniqueIndexes(raw, table).some((one) => isSame(key, one)))
    return undefined
  return `its primary key (${key.join(', ')}) was dropped`
}

/** The columns of indexes that allow no two rows with the same values in them. */
function uniqueIndexes(raw: DatabaseSync, table: string): readonly (readonly string[])[] {
  const found = raw.prepare('select name from pragma_index_list(?) where "unique" = 1 and partial = 0').all(table)
  const columns = raw.prepare('select name from pragma_index_info(?)')
  return found.map(({ name }) => columns.all(String(name)).map((one) => String(one['name'])))
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  const names = new Set(b.map(fold))
  return a.length === names.size && a.every((name) => names.has(fold(name)))
}

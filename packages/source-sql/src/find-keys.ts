import { type RawBuilder, sql } from 'kysely'
import type { KeysSought, Row, Selected } from './database.ts'
import { type Dialect, fromOf, type Statement, selected } from './select.ts'

/** Asks for the keys that a table has, of some. Undefined where a value cannot be written so that the system finds it. */
export function findKeysQuery(sought: KeysSought, dialect: Dialect): Statement | undefined {
  const { table, key } = sought
  const isAmong = keyAmong(sought, dialect)
  if (isAmong === undefined) return undefined
  return dialect.compile(sql`select ${sql.join(key.map(selected))} from ${fromOf({ table }, dialect)} where ${isAmong}`)
}

/** The condition that a row has one of some keys. Undefined where a value cannot be written so that the system finds it. */
export function keyAmong({ table, key, keys }: KeysSought, dialect: Dialect): RawBuilder<unknown> | undefined {
  const rows: RawBuilder<unknown>[] = []
  for (const named of keys) {
    const values = key.map((column) => {
      const found = table.columns.find(({ name }) => name === column.name)!
      return dialect.keyValues(found, column, named[column.name])
    })
    if (values.some((value) => value === undefined)) return undefined
    // A value that may be kept in several forms is looked for in each.
    for (const row of combined(values as readonly (readonly RawBuilder<unknown>[])[]))
      rows.push(row.length === 1 ? row[0]! : sql`(${sql.join(row)})`)
  }
  const names = key.map(({ name }) => sql.id(name))
  const columns = names.length === 1 ? names[0]! : sql`(${sql.join(names)})`
  const list = names.length > 1 && dialect.rowsAsValues ? sql`values ${sql.join(rows)}` : sql.join(rows)
  return sql`${columns} in (${list})`
}

function combined<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return choices.reduce<readonly (readonly T[])[]>(
    (rows, some) => rows.flatMap((row) => some.map((one) => [...row, one])),
    [[]],
  )
}

/** A row of an answer, by its columns' names and decoders. */
export function namedRow(key: readonly Selected[], raw: readonly unknown[]): Row {
  return Object.fromEntries(
    key.map(({ name, decode }, at) => {
      const value = raw[at]
      return [name, value == null || decode === undefined ? value : decode(value as never)]
    }),
  )
}

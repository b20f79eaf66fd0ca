import type { ColumnType } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { fold } from '../../table/names.ts'
import type { Rebuild } from '../../table/schema-editor.ts'
import { decimalOfNumber } from '../../values/value-text.ts'
import { TYPE_NAMES } from './column-types.ts'
import { columnsOf, createTable, definitions } from './ddl.ts'

type Db = Kysely<StateDatabase>
const { id, join, raw } = sql
const NEW = '_tidemark_rebuilt'

/**
 * Makes a table once more inside a transaction and puts its rows, and the columns and indexes that the user added, back.
 * Views name a table and live on. In place DuckDB changes neither a key nor a table that has an index.
 *
 * @returns what of the user's could not be put back.
 */
export async function rebuildTable(
  db: Db,
  catalog: string,
  { plan, ours: known, widened }: Rebuild,
): Promise<readonly string[]> {
  const table = id(catalog, 'main', plan.name)
  const made = id(catalog, 'main', NEW)
  const before = await columnsOf(db, plan.name)
  const wanted = new Set(definitions(plan).map(({ name }) => fold(name)))
  const ours = new Set([...known.map(fold), ...wanted])
  const others = before.filter(({ name }) => !ours.has(fold(name)))
  const { rows: indexes } = await sql<{ text: string }>`select sql as text from duckdb_indexes()
    where database_name = current_database() and schema_name = 'main' and lower(table_name) = lower(${plan.name})
      and sql is not null`.execute(db)
  const kept = others.map(({ name, type, fallback, required }) => {
    const by = fallback === null ? '' : ` default ${fallback}`
    return sql`${id(name)} ${raw(type + by + (required ? ' not null' : ''))}`
  })
  await createTable(made, plan, kept).execute(db)
  const copied = before.filter((column) => wanted.has(fold(column.name)) || others.includes(column))
  const values: RawBuilder<unknown>[] = []
  for (const { name, type } of copied) {
    const to = widened.get(name)
    values.push(to === undefined ? id(name) : await asWider(db, table, { name, type, to }))
  }
  const names = join(copied.map(({ name }) => id(name)))
  await sql`insert into ${made} (${names}) select ${join(values)} from ${table}`.execute(db)
  await sql`drop table ${table}`.execute(db)
  await sql`alter table ${made} rename to ${id(plan.name)}`.execute(db)
  for (const { text } of indexes) await raw(text).execute(db)
  await sql`drop table if exists ${TEXTS}`.execute(db)
  return []
}

interface Widened {
  readonly name: string
  readonly type: string
  readonly to: ColumnType
}

/** The value of a column in a wider type. */
async function asWider(db: Db, table: RawBuilder<unknown>, { name, type, to }: Widened): Promise<RawBuilder<unknown>> {
  // DuckDB writes years before 1 in another way.
  if (type === TYPE_NAMES.date) return sql`strftime(${id(name)}, '%Y-%m-%d')`
  if (type !== TYPE_NAMES.double) return sql`cast(${id(name)} as ${raw(TYPE_NAMES[to])})`
  const textOf = to === 'numeric' ? decimalOfNumber : String
  await writeTexts(db, table, name, textOf)
  return sql`(select any_value(w.text) from ${TEXTS} as w where w.name = ${name} and w.number = ${id(name)})`
}

const TEXTS = sql.id('temp', 'main', '_tidemark_texts')
/** So many numbers at a time. */
const SIZE = 1000

/** The texts of a column's doubles, as JavaScript writes them: DuckDB writes other ones. */
async function writeTexts(
  db: Db,
  table: RawBuilder<unknown>,
  name: string,
  textOf: (number: number) => string,
): Promise<void> {
  await sql`create temp table if not exists _tidemark_texts (name varchar, number double, text varchar)`.execute(db)
  const { rows } = await sql<{ number: number }>`select distinct ${id(name)} as number from ${table}
    where ${id(name)} is not null`.execute(db)
  for (const some of chunks(rows, SIZE)) {
    const texts = some.map(({ number }) => sql`(${name}, cast(${number} as double), ${textOf(number)})`)
    await sql`insert into ${TEXTS} values ${join(texts)}`.execute(db)
  }
}

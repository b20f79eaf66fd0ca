import type { RecordedSchema } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'
import { identifying, systemTypes } from '../../table/columns.ts'
import { fold } from '../../table/names.ts'
import type { Filled, InspectedTable, Plan, SchemaEditor } from '../../table/schema-editor.ts'
import { refuse, refuseChanged } from '../../table/unreachable.ts'
import { literal } from '../../values/literal.ts'
import { UNICODE } from '../../values/repertoire.ts'
import { DUCKDB_CODEC, TYPE_NAMES } from './column-types.ts'
import { columnsOf, createTable } from './ddl.ts'
import { type DuckDbPlace, ROW_NUMBER } from './place.ts'
import { duckdbProfile } from './profile.ts'
import { rebuildTable } from './rebuild.ts'

type Db = Kysely<StateDatabase>
const { id, join, raw } = sql

/** Makes and changes tables in a DuckDB file. */
export function duckdbEditor({ path, catalog }: DuckDbPlace): SchemaEditor {
  const table = (name: string) => id(catalog, 'main', name)
  const fill = async (db: Db, name: string, columns: readonly Filled[]): Promise<void> => {
    const values = columns.flatMap((column) => {
      const value = fillValue(column)
      return value === undefined ? [] : [sql`${id(column.column)} = ${value}`]
    })
    if (values.length > 0) await sql`update ${table(name)} set ${join(values)}`.execute(db)
  }
  /** Something of the user's that holds on to a table, an index of theirs above all. */
  const changing = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!/^(?:Dependency|Catalog|Binder|TransactionContext) Error/.test((error as Error).message)) throw error
      return refuseChanged(
        name,
        path,
        `an object that Tidemark did not create blocks a change (${(error as Error).message}); drop it, sync, and create it again`,
      )
    }
  }
  return {
    database: 'DuckDB',
    place: path,
    repertoire: UNICODE,
    reservedColumns: [ROW_NUMBER],
    maxColumns: duckdbProfile.columns,
    maxKeyColumns: duckdbProfile.keyColumns,
    inspect: physical,
    create: async (db, plan) => {
      checkRowNumber(plan)
      await createTable(table(plan.name), plan).execute(db)
    },
    addColumns: (db, name, columns) =>
      changing(name, async () => {
        const computed = (await columnsOf(db, name)).find(({ fallback }) => fallback?.includes('(') === true)
        // DuckDB cannot read its log again after a crash in which such a table was changed.
        if (computed !== undefined)
          refuseChanged(
            name,
            path,
            `your column "${computed.name}" has a computed default (${computed.fallback}), and DuckDB cannot safely change such a table; drop the default, sync, and set it again`,
          )
        for (const { column, type } of columns)
          await sql`alter table ${table(name)} add column ${id(column)} ${raw(TYPE_NAMES[type])}`.execute(db)
        // Behind all of them: a table that was updated is not changed again by the same transaction.
        await fill(db, name, columns)
      }),
    fillColumn: (db, name, column) => fill(db, name, [column]),
    rebuild: (db, rebuild) =>
      changing(rebuild.plan.name, () => {
        checkRowNumber(rebuild.plan)
        return rebuildTable(db, catalog, rebuild)
      }),
    // A range is found by the lowest and highest values that DuckDB keeps of each group of rows.
    indexPositions: async () => {},
    problemOf,
  }
}

/** A value as a constant in SQL; undefined where there is no value, or the type does not hold it. */
function fillValue({ type, fill }: Filled): RawBuilder<unknown> | undefined {
  const value = fill === undefined ? undefined : DUCKDB_CODEC.stored[type](fill)
  if (value === undefined || value === null) return undefined
  const text =
    value instanceof Uint8Array
      ? [...value].map((one) => `\\x${one.toString(16).padStart(2, '0')}`).join('')
      : String(value)
  return sql`cast(${raw(literal(text))} as ${raw(TYPE_NAMES[type])})`
}

/** @throws SyncError where rows without a key could not be told apart: names come along from other databases. */
function checkRowNumber({ name, key, columns }: Plan): void {
  if (key.length > 0 || !columns.some(({ column }) => fold(column) === ROW_NUMBER)) return
  refuse(
    name,
    'it has no key, and its column "rowid" hides the row ids by which DuckDB identifies rows; give it a "primaryKey", or leave the column out with "columns" in the config',
  )
}

async function physical(db: Db, name: string): Promise<InspectedTable | undefined> {
  const { rows } = await sql<{ name: string; kind: string }>`
    select table_name as name, 'a table' as kind from duckdb_tables()
      where database_name = current_database() and schema_name = 'main' and lower(table_name) = lower(${name})
    union all select view_name, 'a view' from duckdb_views()
      where database_name = current_database() and schema_name = 'main' and lower(view_name) = lower(${name})`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) return undefined
  const isTable = row.kind === 'a table'
  const columns = isTable ? (await columnsOf(db, name)).map((column) => column.name) : []
  return { isTable, kind: row.kind, name: row.name, columns }
}

/** Whether a table still is what it was made. @returns what is wrong, for people. */
async function problemOf(db: Db, name: string, known: RecordedSchema): Promise<string | undefined> {
  const { columns, primaryKey, partitioned, globalKey } = known
  const types = new Map((await columnsOf(db, name)).map((column) => [fold(column.name), column.type]))
  const own = columns.map(({ column, type }) => [column, type] as const)
  for (const [column, wanted] of [...own, ...systemTypes(known)]) {
    const type = types.get(fold(column))
    if (type === undefined) return `its column "${column}" was dropped`
    if (type !== TYPE_NAMES[wanted]) return `its column "${column}" was ${TYPE_NAMES[wanted]} and is ${type} now`
  }
  const named = new Map(columns.map((one) => [one.name, one.column]))
  const key = identifying({ key: primaryKey.map((one) => named.get(one)!), partitioned, globalKey })
  if (key.length > 0 && !(await isUnique(db, name, key))) return `its primary key (${key.join(', ')}) was dropped`
  return undefined
}

/** Whether a key of a table allows no two rows with the same values in these columns. */
async function isUnique(db: Db, name: string, columns: readonly string[]): Promise<boolean> {
  const { rows } = await sql<{ columns: string }>`select cast(to_json(constraint_column_names) as varchar) as columns
    from duckdb_constraints() where database_name = current_database() and schema_name = 'main'
      and lower(table_name) = lower(${name}) and constraint_type in ('PRIMARY KEY', 'UNIQUE')`.execute(db)
  const wanted = columns.map(fold).sort().join('\0')
  return rows.some((row) => (JSON.parse(row.columns) as string[]).map(fold).sort().join('\0') === wanted)
}

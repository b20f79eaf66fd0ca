import type { ColumnType, Lease, RecordedSchema } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { list } from '../../rows/sql.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { identifying, type Layout, MISSING, RUN, systemTypes } from '../../table/columns.ts'
import type { InspectedTable, Plan, Rebuild, SchemaEditor } from '../../table/schema-editor.ts'
import { refuseChanged } from '../../table/unreachable.ts'
import { TEXT_CODEC } from '../../values/codec.ts'
import { literal } from '../../values/literal.ts'
import { BINARY_CODEC } from './codec.ts'
import { TYPE_NAMES } from './column-types.ts'
import { stateOf } from './errors.ts'
import { postgresProfile } from './profile.ts'
import type { Sessions } from './sessions.ts'

type Db = Kysely<StateDatabase>
const { id, join, raw } = sql

interface PhysicalColumn {
  readonly name: string
  readonly type: string
  readonly required: boolean
}

/** What else may carry a table's name, by `pg_class.relkind`. */
const KINDS: Readonly<Record<string, string>> = {
  r: 'a table',
  p: 'a table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a composite type',
}

/** Makes and changes tables in a schema of Postgres. */
export function postgresEditor(
  schema: string,
  { place, repertoire }: Pick<Sessions, 'place' | 'repertoire'>,
): SchemaEditor {
  const table = (name: string) => id(schema, name)
  const create = async (db: Db, plan: Plan, key: readonly RawBuilder<unknown>[]) => {
    const columns = definitions(plan).map(({ name, type, required }) => definition(name, type, required))
    await sql`create table ${table(plan.name)} (${join([...columns, ...key])})`.execute(db)
  }
  return {
    database: 'Postgres',
    place,
    repertoire,
    maxColumns: postgresProfile.columns,
    maxKeyColumns: postgresProfile.keyColumns,
    inspect: (db, name) => physical(db, schema, name),
    create: (db, plan, lease) => create(db, plan, keyOf(plan, lease)),
    keyless: {
      create: (db, plan) => create(db, plan, []),
      async addKey(db, plan, lease) {
        for (const key of keyOf(plan, lease)) await sql`alter table ${table(plan.name)} add ${key}`.execute(db)
      },
    },
    addColumns: async (db, name, columns) => {
      for (const { column, type, fill } of columns) {
        const value = fillValue(type, fill)
        const add = sql`alter table ${table(name)} add column ${id(column)} ${raw(TYPE_NAMES[type])}`
        // A default that rows are read with: none of them is written. Those that come bring their own value.
        await (value === undefined ? add : sql`${add} default ${value}`).execute(db)
        if (value !== undefined)
          await sql`alter table ${table(name)} alter column ${id(column)} drop default`.execute(db)
      }
    },
    fillColumn: async (db, name, { column, type, fill }) => {
      const value = fillValue(type, fill)
      if (value !== undefined) await sql`update ${table(name)} set ${id(column)} = ${value}`.execute(db)
    },
    rebuild: async (db, rebuild) => {
      try {
        return await (rebuild.reshapeAllowed ? reshape(db, schema, rebuild) : widen(db, schema, rebuild))
      } catch (error) {
        throw viewInTheWay(rebuild.plan.name, place, error)
      }
    },
    indexPositions: async (db, plan, lease) => {
      await indexPositions(schema, plan, lease.id).execute(db)
    },
    problemOf: (db, name, known) => problemOf(db, schema, name, known),
  }
}

/** A value as a constant in SQL; undefined where there is no value, or the type does not hold it. */
function fillValue(type: ColumnType, fill: unknown): RawBuilder<unknown> | undefined {
  if (fill === undefined || fill === null || (BINARY_CODEC.stored[type](fill) ?? undefined) === undefined)
    return undefined
  const value = TEXT_CODEC.stored[type](fill)
  if (value === undefined || value === null) return undefined
  const text = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value)
  return sql`cast(${raw(literal(text))} as ${raw(TYPE_NAMES[type])})`
}

/** The columns that are ours. Texts of a key are compared by their bytes: the same everywhere, and faster. */
function definitions({ columns, extra, partitioned, fed, runs, key }: Plan): readonly PhysicalColumn[] {
  const define = (name: string, type: string): PhysicalColumn => {
    const required = key.includes(name) || name === '_partition'
    return { name, type: required && type === TYPE_NAMES.text ? `${type} collate "C"` : type, required }
  }
  return [
    ...columns.map(({ column, type }) => define(column, TYPE_NAMES[type])),
    ...(extra ? [define('_extra', TYPE_NAMES.json)] : []),
    ...(partitioned ? [define('_partition', TYPE_NAMES.text)] : []),
    define('_cursor', TYPE_NAMES.integer),
    define('_synced_at', TYPE_NAMES.timestamp),
    define('_deleted_at', TYPE_NAMES.timestamp),
    ...(fed ? [define(MISSING, TYPE_NAMES.text)] : []),
    ...(runs ? [define(RUN, TYPE_NAMES.integer)] : []),
  ]
}

/** Named by us: the name that Postgres would make of the table's could be that of another table. */
function keyOf({ key }: Plan, { id: lease }: Lease): readonly RawBuilder<unknown>[] {
  return key.length === 0 ? [] : [sql`constraint ${id(`_tidemark_key_${lease}`)} primary key (${list(key)})`]
}

function definition(name: string, type: string, required: boolean): RawBuilder<unknown> {
  return sql`${id(name)} ${raw(type)}${raw(required ? ' not null' : '')}`
}

async function physical(db: Db, schema: string, name: string): Promise<InspectedTable | undefined> {
  const { rows } = await sql<{ kind: string }>`select relkind as kind from pg_catalog.pg_class
    where relname = ${name} and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) return undefined
  const isTable = row.kind === 'r' || row.kind === 'p'
  const columns = isTable ? (await columnsOf(db, schema, name)).map((column) => column.name) : []
  return { isTable, kind: KINDS[row.kind] ?? 'something else', name, columns }
}

/** The columns that hold values of their own: not the generated ones. */
export async function columnsOf(db: Db, schema: string, name: string): Promise<readonly PhysicalColumn[]> {
  const { rows } =
    await sql<PhysicalColumn>`select a.attname as name, a.attnotnull as required, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${name} and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`.execute(
      db,
    )
  return rows
}

async function problemOf(db: Db, schema: string, name: string, known: RecordedSchema): Promise<string | undefined> {
  const { columns, primaryKey, partitioned, globalKey } = known
  const types = new Map((await columnsOf(db, schema, name)).map((column) => [column.name, column.type]))
  const own = columns.map(({ column, type }) => [column, type] as const)
  for (const [column, wanted] of [...own, ...systemTypes(known)]) {
    const type = types.get(column)
    if (type === undefined) return `its column "${column}" was dropped`
    if (type !== TYPE_NAMES[wanted]) return `its column "${column}" was ${TYPE_NAMES[wanted]} and is ${type} now`
  }
  const named = new Map(columns.map((one) => [one.name, one.column]))
  const key = identifying({ key: primaryKey.map((one) => named.get(one)!), partitioned, globalKey })
  // Without it rows of a backfill would be duplicated.
  if (key.length > 0 && !(await isUnique(db, schema, name, key)))
    return `its primary key (${key.join(', ')}) was dropped`
  return undefined
}

/** Whether a whole index of a table allows no two rows with the same values in these columns. */
async function isUnique(db: Db, schema: string, name: string, columns: readonly string[]): Promise<boolean> {
  const wanted = [...columns].sort()
  const { rows } = await sql<{ columns: string }>`select (select json_agg(a.attname order by a.attname collate "C")
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum = any(i.indkey)) as columns
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${name} and i.indisunique and i.indisvalid and i.indpred is null
      and i.indexprs is null and i.indnkeyatts = i.indnatts and i.indnatts = ${wanted.length}`.execute(db)
  const found = rows.map((row) => (JSON.parse(row.columns) as string[]).sort())
  return found.some((names) => names.every((one, at) => one === wanted[at]))
}

/** Makes types wider in place: the user's indexes and grants live on. */
async function widen(db: Db, schema: string, { plan, widened }: Rebuild): Promise<readonly string[]> {
  const there = await columnsOf(db, schema, plan.name)
  const present = new Set(there.map(({ name }) => name))
  const types = new Map(there.map(({ name, type }) => [name, type]))
  const changes = definitions(plan).flatMap(({ name, type, required }) => {
    if (!present.has(name)) return [sql`add column ${definition(name, type, required)}`]
    const to = widened.get(name)
    return to === undefined
      ? []
      : [sql`alter column ${id(name)} type ${raw(TYPE_NAMES[to])} using ${asType(id(name), types.get(name), to)}`]
  })
  await sql`alter table ${id(schema, plan.name)} ${join(changes)}`.execute(db)
  return []
}

function asType(column: RawBuilder<unknown>, from: string | undefined, to: ColumnType): RawBuilder<unknown> {
  const cast = sql`${column}::${raw(TYPE_NAMES[to])}`
  // Postgres knows no year 0 and writes `0001-01-31 BC` for it.
  if (from === TYPE_NAMES.date)
    return sql`case when ${column} < '0001-01-01' then to_char(${column}, '"0000"-MM-DD') else ${cast} end`
  // It makes 15 digits of a double, but writes as a text all that tell it from others.
  return from === TYPE_NAMES.double && to === 'numeric' ? sql`${column}::text::numeric` : cast
}

/** Gives a table that was emptied another shape: columns of the user's, indexes, views and grants stay. */
async function reshape(db: Db, schema: string, { plan, ours, lease }: Rebuild): Promise<readonly string[]> {
  const table = id(schema, plan.name)
  const wanted = definitions(plan)
  const names = new Set(wanted.map(({ name }) => name))
  const present = await columnsOf(db, schema, plan.name)
  const there = new Map(present.map((column) => [column.name, column]))
  await dropKey(db, schema, plan.name)
  const changes = wanted.flatMap(({ name, type, required }) => {
    const column = there.get(name)
    if (column === undefined) return [sql`add column ${definition(name, type, required)}`]
    return [
      ...(column.type === type
        ? []
        : [sql`alter column ${id(name)} drop default, alter column ${id(name)} type ${raw(type)} using null`]),
      ...(column.required === required
        ? []
        : [sql`alter column ${id(name)} ${raw(required ? 'set' : 'drop')} not null`]),
    ]
  })
  const gone = ours.filter((name) => there.has(name) && !names.has(name)).map((name) => sql`drop column ${id(name)}`)
  const key = keyOf(plan, lease).map((constraint) => sql`add ${constraint}`)
  const all = [...gone, ...changes, ...key]
  if (all.length > 0) await sql`alter table ${table} ${join(all)}`.execute(db)
  return []
}

async function dropKey(db: Db, schema: string, name: string): Promise<void> {
  const { rows } = await sql<{ key: string }>`select conname as key from pg_catalog.pg_constraint
    where contype = 'p' and conrelid = (select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relname = ${name})`.execute(db)
  for (const { key } of rows) await sql`alter table ${id(schema, name)} drop constraint ${id(key)}`.execute(db)
}

/** A view depends on the columns that it shows; the error's detail names the view. */
function viewInTheWay(table: string, place: string, error: unknown): unknown {
  // Or an index, a check or a default that does not know the new type.
  if (!/^(0A000|2BP01|42804|42846|42883|42P17)$/.test(stateOf(error) ?? '')) return error
  const { message, detail = '' } = error as { readonly message: string; readonly detail?: string }
  return refuseChanged(
    table,
    place,
    `an object that Tidemark did not create blocks a change (${message}${detail === '' ? '' : `: ${detail}`}); drop it, sync, and create it again`,
  )
}

/** Resyncs look rows up by their position; loads do not, so a table with a key has this index only from its first resync. */
export function indexPositions(
  schema: string,
  { name, partitioned }: Pick<Layout, 'name' | 'partitioned'>,
  lease: number,
): RawBuilder<unknown> {
  const columns = partitioned ? ['_partition', '_cursor'] : ['_cursor']
  return sql`create index if not exists ${id(`_tidemark_position_${lease}`)} on ${id(schema, name)} (${list(columns)})`
}

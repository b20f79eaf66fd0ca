import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresQueryCompiler,
  type RawBuilder,
  SqliteAdapter,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { Bounds, Reads, Selected } from './database.ts'
import type { FoundColumn } from './found-table.ts'

/** A statement, and what is bound to it. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** A value of a key in the forms in which a system may keep it. */
export type KeyValues = (
  found: FoundColumn,
  column: Selected,
  value: unknown,
) => readonly RawBuilder<unknown>[] | undefined

export interface Dialect {
  compile(query: RawBuilder<unknown>): Statement
  /** A bound of a cursor as a value that is compared exactly, to the microsecond; or one that lies further out. */
  bound(value: string | bigint, type: Bounds['type'], side: 'from' | 'to'): RawBuilder<unknown>
  /** Reads a table and not those that inherit from it. */
  readonly only: boolean
  /** A value of a key in the forms in which the system may keep it; undefined where it could not be found by any. */
  readonly keyValues: KeyValues
  /** A list of rows is written as VALUES. */
  readonly rowsAsValues: boolean
  /** Rows that no window can hold because of what their cursor is; absent: those without one. */
  readonly outside?: ((bounds: Bounds) => RawBuilder<unknown>) | undefined
  /** What a bound alone does not say exactly; absent: it does. */
  readonly exactly?: ((bounds: Bounds, range: 'window' | 'above') => readonly RawBuilder<unknown>[]) | undefined
}

type System = 'postgres' | 'mysql' | 'sqlite'
const PARTS = {
  postgres: [PostgresAdapter, PostgresQueryCompiler],
  mysql: [MysqlAdapter, MysqlQueryCompiler],
  sqlite: [SqliteAdapter, SqliteQueryCompiler],
} as const

/** Kysely as what it does best: it makes the SQL. The drivers are used directly, because rows stream and are decoded here. */
export function compiler(system: System): Dialect['compile'] {
  const [Adapter, QueryCompiler] = PARTS[system]
  const kysely = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: () => ({}) as never,
      createQueryCompiler: () => new QueryCompiler(),
    },
  })
  return (query) => {
    const { sql: text, parameters } = query.compile(kysely)
    return { sql: text, parameters }
  }
}

/** The name of a relation, in quotes. */
export function relationOf({ table }: Pick<Reads, 'table'>): RawBuilder<unknown> {
  return table.schema === undefined && table.details['schema'] === undefined
    ? sql.id(table.relation)
    : sql.id(String(table.schema ?? table.details['schema']), table.relation)
}

/** What stands behind FROM. */
export function fromOf({ table }: Pick<Reads, 'table'>, dialect: Dialect): RawBuilder<unknown> {
  return dialect.only && table.details['only'] === true ? sql`only ${relationOf({ table })}` : relationOf({ table })
}

export interface SelectOptions {
  /** Beside the window. */
  readonly where?: readonly RawBuilder<unknown>[]
  readonly orderBy?: readonly string[]
  readonly limit?: number
  /** What to read of a cursor: the window, or the rows without one. */
  readonly range: 'window' | 'nulls'
  /** Columns that are selected behind those of the table, as they are. */
  readonly more?: readonly RawBuilder<unknown>[]
}

/** The query that reads a table, a window of it, or a page of either. */
export function selectOf(reads: Reads, dialect: Dialect, options: SelectOptions): Statement {
  const { where = [], orderBy = [], limit, more = [] } = options
  const conditions = [
    ...windowOf(reads, dialect, options.range),
    ...keysOf(reads, dialect),
    ...(reads.where ?? []),
    ...where,
  ]
  return dialect.compile(
    sql`select ${sql.join([...reads.columns.map(selected), ...more])} from ${fromOf(reads, dialect)}${
      conditions.length === 0 ? sql`` : sql` where ${sql.join(conditions, sql` and `)}`
    }${orderBy.length === 0 ? sql`` : sql` order by ${sql.join(orderBy.map((name) => sql.id(name)))}`}${
      limit === undefined ? sql`` : sql` limit ${sql.lit(limit)}`
    }`,
  )
}

export function selected({ name, select }: Selected): RawBuilder<unknown> {
  const column = sql.id(name)
  return select === undefined ? column : select(column)
}

/** The rows of a range of keys. */
function keysOf({ keys }: Pick<Reads, 'keys'>, dialect: Dialect): RawBuilder<unknown>[] {
  if (keys === undefined) return []
  const key = sql.id(keys.column)
  return [
    ...(keys.from === undefined ? [] : [sql`${key} >= ${dialect.bound(keys.from, 'integer', 'from')}`]),
    ...(keys.to === undefined ? [] : [sql`${key} < ${dialect.bound(keys.to, 'integer', 'to')}`]),
  ]
}

/** The rows of a window, those from its end on, or those that no window holds. */
export function windowOf(
  { table, bounds }: Pick<Reads, 'table' | 'bounds'>,
  dialect: Dialect,
  part: 'window' | 'above' | 'nulls',
): RawBuilder<unknown>[] {
  if (bounds === undefined) return []
  const { column, type, from, to } = bounds
  const cursor = sql.id(column)
  if (part === 'nulls') return [dialect.outside?.(bounds) ?? sql`${cursor} is null`]
  const { compared } = table.columns.find(({ name }) => name === column) ?? {}
  const value = compared === undefined ? cursor : compared(cursor)
  if (part === 'above') return [sql`${value} >= ${dialect.bound(to, type, 'from')}`]
  const below = sql`${value} < ${dialect.bound(to, type, 'to')}`
  return from === undefined ? [below] : [sql`${value} >= ${dialect.bound(from, type, 'from')}`, below]
}

/** Behind the last row of a page: the key (or cursor and key) is greater, column by column. */
export function behind(columns: readonly string[], values: readonly unknown[]): RawBuilder<unknown> {
  const [name, ...rest] = columns
  const column = sql.id(name!)
  const [value, ...others] = values
  if (rest.length === 0) return sql`${column} > ${value}`
  // The first condition is what an index can use; a row comparison is not used by every system.
  return sql`(${column} >= ${value} and (${column} > ${value} or ${behind(rest, others)}))`
}

import { type ColumnType, SyncError, suggestion } from '@tidemark/core'

/** A table as schema() of a connector declares it. */
export interface DeclaredTable {
  readonly name: string
  /** Empty: it has no key of its own. */
  readonly primaryKey: readonly string[]
  readonly columns: ReadonlyMap<string, ColumnType>
}

const TYPES: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: 'boolean',
  SHORT: 'integer',
  INT: 'integer',
  LONG: 'integer',
  DECIMAL: 'numeric',
  FLOAT: 'double',
  DOUBLE: 'double',
  NAIVE_DATE: 'date',
  NAIVE_TIME: 'text',
  NAIVE_DATETIME: 'local_timestamp',
  UTC_DATETIME: 'timestamp',
  BINARY: 'bytes',
  XML: 'text',
  STRING: 'text',
  JSON: 'json',
}

/** Reads what schema() gave. @throws SyncError `fix-source` that says what is wrong with it. */
export function declaredTables(answer: unknown, subject: string): readonly DeclaredTable[] {
  const fail = (problem: string): never => {
    throw new SyncError(`${subject}: schema() ${problem}`, 'fix-source', { code: 'schema' })
  }
  if (answer === null) return []
  if (!Array.isArray(answer))
    return fail('must return a list of dicts such as {"table": "orders", "primary_key": ["id"]}')
  const tables = answer.map((one) => declaredTable(one, fail))
  const twice = tables.find(({ name }, at) => tables.findIndex((other) => other.name === name) !== at)
  return twice === undefined ? tables : fail(`declares table "${twice.name}" twice`)
}

function declaredTable(one: unknown, fail: (problem: string) => never): DeclaredTable {
  if (!isRecord(one)) return fail('must return a list of dicts')
  const { table: name, primary_key: key = [], columns = {} } = one
  if (typeof name !== 'string' || name === '') return fail('must give each table a name: {"table": "orders"}')
  const keys = typeof key === 'string' ? [key] : (key ?? [])
  if (!Array.isArray(keys) || keys.some((column) => typeof column !== 'string'))
    return fail(`must give the primary key of table "${name}" as a list of names: "primary_key": ["id"]`)
  if (!isRecord(columns ?? {}))
    return fail(`must give the columns of table "${name}" as a dict of types: "columns": {"id": "INT"}`)
  const types = Object.entries((columns ?? {}) as Record<string, unknown>).map(
    ([column, type]) =>
      [column, columnType(type, (problem) => fail(`${problem} (column "${column}" of "${name}")`))] as const,
  )
  return { name, primaryKey: [...new Set(keys as string[])], columns: new Map(types) }
}

function columnType(type: unknown, fail: (problem: string) => never): ColumnType {
  const name = isRecord(type) ? type['type'] : type
  if (typeof name === 'string' && Object.hasOwn(TYPES, name.toUpperCase())) return TYPES[name.toUpperCase()]!
  return fail(
    `names a type that does not exist, ${JSON.stringify(name)}: ${suggestion(String(name), Object.keys(TYPES), 'types')}`,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

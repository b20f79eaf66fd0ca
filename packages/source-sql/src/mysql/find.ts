import { INT64_MAX } from '@tidemark/core/values'
import type { Connection } from 'mysql2'
import { type Drawn, type FoundColumn, type FoundTable, isOwn, isState, keyOf, nameOf } from '../found-table.ts'
import { kindOf } from './answer.ts'
import { isPageable, readingOf, TEXT } from './column-reading.ts'
import { autoIncrement, sequenceOf } from './sequences.ts'
import { ask, type Session, text } from './session.ts'
import { storageOf } from './storage.ts'

export interface FindOptions {
  /** The database of the URL: its tables go without its name. */
  readonly main: string | undefined
  readonly schemas: readonly string[] | undefined
  readonly zeroDates: 'reject' | 'null'
}

type Row = readonly (string | undefined)[]

const SYSTEM = ['information_schema', 'mysql', 'performance_schema', 'sys']
const NAMED = 'TABLE_SCHEMA, TABLE_NAME'

const idOf = (schema: string | undefined, table: string | undefined): string => `${schema}\0${table}`

/** The tables of the databases of a server, in one look at `information_schema`. */
export async function findTables({ connection, isMariaDb }: Session, options: FindOptions): Promise<FoundTable[]> {
  const { main, schemas = main === undefined ? undefined : [main] } = options
  const [condition, values] =
    schemas === undefined ? ['TABLE_SCHEMA NOT IN (?)', [SYSTEM]] : ['TABLE_SCHEMA IN (?)', [schemas]]
  const query = (columns: string, view: string, more = ''): Promise<Row[]> =>
    rowsOf(connection, `SELECT ${NAMED}, ${columns} FROM information_schema.${view} WHERE ${condition} ${more}`, values)
  const tables = await query(
    'TABLE_TYPE, TABLE_ROWS, AUTO_INCREMENT, UNIX_TIMESTAMP(CREATE_TIME)',
    'TABLES',
    `ORDER BY ${NAMED}`,
  )
  const columns = await query(
    'COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, EXTRA, COLUMN_DEFAULT',
    'COLUMNS',
    'ORDER BY ORDINAL_POSITION',
  )
  const indexes = await query(
    'INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE',
    'STATISTICS',
    'ORDER BY SEQ_IN_INDEX',
  )
  const references = await query(
    'COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME',
    'KEY_COLUMN_USAGE',
    'AND REFERENCED_TABLE_NAME IS NOT NULL',
  )
  const views = await query('MD5(VIEW_DEFINITION)', 'VIEWS')
  const definitions = new Map(views.map(([schema, table, hash]) => [idOf(schema, table), hash]))
  const storage = await storageOf(connection, isMariaDb)
  const checks = isMariaDb
    ? await rowsOf(
        connection,
        `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS`,
        [],
      )
    : []
  const bounded = boundedColumns(tables, columns, references)
  const auto = await autoIncrement(connection)
  const sequences = new Map<string, Drawn | undefined>()
  for (const [, , , , , , , value] of columns) {
    if (value !== undefined && /^nextval\(/i.test(value) && !sequences.has(value))
      sequences.set(value, await sequenceOf(connection, value))
  }
  const json = new Set(
    checks
      .filter(([, , name, clause]) => clause === `json_valid(\`${name}\`)`)
      .map(([schema, table, name]) => `${idOf(schema, table)}\0${name}`),
  )
  const byTable = (rows: readonly Row[]): Map<string, Row[]> =>
    Map.groupBy(rows, ([schema, table]) => idOf(schema, table))
  const columnsBy = byTable(columns)
  const indexesBy = byTable(indexes)
  return tables.flatMap(([schema, relation, kind, rows, next, made]) => {
    const id = idOf(schema, relation)
    const own = columnsBy.get(id) ?? []
    const found = own.map(([, , name, dataType, columnType, nullable, extra, value]): FoundColumn => {
      const at = `${id}\0${name}`
      const drawn = extra?.includes('auto_increment') ? auto : sequences.get(value ?? '')
      return {
        name: name!,
        kind: columnType!,
        nullable: nullable === 'YES',
        asText: TEXT,
        pageable: isPageable(dataType!),
        answerKind: kindOf(dataType!.toLowerCase()),
        ...(drawn === undefined ? {} : { drawn }),
        ...(/on update/i.test(extra ?? '') ? { moves: true } : {}),
        ...readingOf({
          dataType: dataType!.toLowerCase(),
          columnType: columnType!.toLowerCase(),
          nullable: nullable === 'YES',
          bounded: bounded.has(at),
          checkedJson: json.has(at),
          zeroDates: options.zeroDates,
        }),
      }
    })
    if (found.length === 0 || isState(relation!)) return []
    const counter = own.find(([, , , , , , extra]) => extra?.includes('auto_increment'))?.[2]
    return [
      {
        name: nameOf(schema === main ? undefined : schema, relation!),
        schema: schema!,
        relation: relation!,
        kind: kind === 'BASE TABLE' || kind === 'SYSTEM VERSIONED' ? ('table' as const) : ('view' as const),
        columns: found,
        own: isOwn(found),
        rows: rows === undefined ? undefined : Number(rows),
        readable: true,
        generation: storage(schema!, relation!) ?? made ?? definitions.get(id),
        details: { auto: next === undefined ? undefined : counter },
        ...indexFacts(indexesBy.get(id) ?? [], found),
      },
    ]
  })
}

async function rowsOf(connection: Connection, sql: string, values: readonly unknown[]): Promise<Row[]> {
  return (await ask(connection, sql, values)).map((row) => row.map(text))
}

function indexFacts(rows: readonly Row[], columns: readonly FoundColumn[]): Pick<FoundTable, 'key' | 'indexed'> {
  const indexes = [...Map.groupBy(rows, (row) => row[2]).values()]
  const isNotNull = (name: string | undefined): boolean =>
    columns.some((column) => column.name === name && !column.nullable)
  const keys = indexes
    .filter((parts) => parts[0]![3] === '0' && parts.every((part) => isNotNull(part[4])))
    .map((parts) => ({ primary: parts[0]![2] === 'PRIMARY', columns: parts.map((part) => part[4]!) }))
  // A prefix of a column is no order of it.
  const ordered = indexes.filter(([first]) => first![5] === undefined && first![6] === 'BTREE')
  return { key: keyOf(keys), indexed: new Set(ordered.map(([first]) => first![4] ?? '')) }
}

/**
 * Unsigned columns of 64 bits whose values all fit into a signed one: those that count by themselves and have not come
 * that far, and those that refer to one. They become integers, all others exact numerics.
 */
function boundedColumns(
  tables: readonly Row[],
  columns: readonly Row[],
  references: readonly Row[],
): ReadonlySet<string> {
  const next = new Map(tables.map(([schema, table, , , count]) => [idOf(schema, table), count]))
  const bounded = new Set<string>()
  for (const [schema, table, name, , , , extra] of columns) {
    const count = next.get(idOf(schema, table))
    if (extra?.includes('auto_increment') && count !== undefined && BigInt(count) <= INT64_MAX)
      bounded.add(`${idOf(schema, table)}\0${name}`)
  }
  // A reference may lead to another one.
  for (let before = -1; before !== bounded.size; ) {
    before = bounded.size
    for (const [schema, table, name, toSchema, toTable, toName] of references) {
      if (bounded.has(`${idOf(toSchema, toTable)}\0${toName}`)) bounded.add(`${idOf(schema, table)}\0${name}`)
    }
  }
  return bounded
}

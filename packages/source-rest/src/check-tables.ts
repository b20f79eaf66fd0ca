import { formatProblem } from './date-format.ts'
import type { TableConfig } from './table-config.ts'
import { fieldBelow, placeholdersIn, strangersIn } from './template.ts'
import { TIME_FORMATS } from './time-format.ts'

/** What is wrong in a config, and where. */
export interface Problem {
  readonly path: readonly string[]
  readonly message: string
}

type Tables = Readonly<Record<string, TableConfig>>

/** What no schema of one field sees: fields that need, or exclude, one another. */
export function checkTables(tables: Tables): readonly Problem[] {
  return Object.entries(tables).flatMap(([name, table]) =>
    [
      ...checkCursor(table),
      ...checkKeys(table),
      ...checkPlaceholders(table, tablesAbove(name, tables)),
      ...checkPaging(table),
      ...checkFormat(table),
      ...checkParent(name, tables),
    ].map(({ path, message }) => ({ path: [name, ...path], message })),
  )
}

const at = (message: string, ...path: readonly string[]): Problem => ({ path, message })

/** The texts of a table's requests, each with its path in the config. */
function textsOf({
  path,
  params,
  body,
}: TableConfig): readonly { readonly text: string; readonly path: readonly string[] }[] {
  const found = [{ text: path, path: ['path'] }]
  const walk = (value: unknown, place: readonly string[]): void => {
    if (typeof value === 'string') found.push({ text: value, path: [...place] })
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) walk(one, [...place, name])
  }
  walk(params, ['params'])
  walk(body, ['body'])
  return found
}

/** Whether a request names a bound of the window. */
export function names(table: TableConfig, name: 'from' | 'to' | 'partition' | 'parent' | 'tables'): boolean {
  return textsOf(table).some(({ text }) => placeholdersIn(text).some((one) => one.name === name))
}

function checkCursor(table: TableConfig): Problem[] {
  const needing = ['ordered', 'reanchor', 'nullCursor', 'window', 'lookback', 'minAge', 'retention'] as const
  if (table.cursor === undefined) {
    const without = needing
      .filter((name) => table[name] !== undefined)
      .map((name) => at('needs a cursor: set "cursor" to the column that the table is read by', name))
    const bounds = textsOf(table)
      .filter(({ text }) => placeholdersIn(text).some(({ name }) => name === 'from' || name === 'to'))
      .map(({ path }) =>
        at('{from} and {to} need a cursor: set "cursor" to the column that the table is read by', ...path),
      )
    return [...without, ...bounds]
  }
  const spec = table.columns[table.cursor]
  const type = typeof spec === 'object' ? spec.type : spec
  const problems: Problem[] = []
  if (type !== undefined && !['timestamp', 'date', 'unix_seconds', 'unix_milliseconds'].includes(type))
    problems.push(
      at(
        `"${table.cursor}" is the cursor, and a cursor must be a timestamp, a date, unix_seconds or unix_milliseconds, not ${type}`,
        'columns',
        table.cursor,
      ),
    )
  if (!table.infer && spec === undefined)
    problems.push(at(`"${table.cursor}" is the cursor, but it is not among the columns`, 'columns'))
  if (table.window !== undefined && !(names(table, 'from') && names(table, 'to')) && table.ordered === undefined)
    problems.push(
      at(
        'a window needs {from} and {to} in "params", or "ordered"; otherwise each window reads the whole list',
        'window',
      ),
    )
  if (table.reanchor === true && !(table.ordered === 'ascending' && names(table, 'from')))
    problems.push(at('needs "ordered": "ascending" and a parameter with {from}', 'reanchor'))
  return problems
}

function checkKeys({ primaryKey, globalKey, nullCursor, infer, columns }: TableConfig): Problem[] {
  const problems: Problem[] = []
  if (globalKey && primaryKey === undefined)
    problems.push(at('needs a primaryKey: name the columns that identify a row', 'globalKey'))
  if (nullCursor === 'keep' && primaryKey === undefined)
    problems.push(at('"keep" needs a primaryKey; otherwise rows without a cursor would be duplicated', 'nullCursor'))
  if (new Set(primaryKey).size < (primaryKey?.length ?? 0)) problems.push(at('names a column twice', 'primaryKey'))
  const missing = infer ? undefined : primaryKey?.find((name) => !Object.hasOwn(columns, name))
  if (missing !== undefined) problems.push(at(`names "${missing}", which is not among the columns`, 'primaryKey'))
  if (!infer && Object.keys(columns).length === 0)
    problems.push(at('is false, so "columns" must list the columns', 'infer'))
  return problems
}

function checkPlaceholders(table: TableConfig, above: readonly string[]): Problem[] {
  return textsOf(table).flatMap(({ text, path }) => {
    const problems = placeholdersIn(text).flatMap(({ text: whole, name, field, format }) => {
      const isTime = name === 'from' || name === 'to'
      if (isTime && field !== undefined) return [at(`${whole}: a bound has no fields`, ...path)]
      if (!isTime && format !== undefined) return [at(`${whole}: only {from} and {to} can have a format`, ...path)]
      const problem = format?.includes('%') === true ? formatProblem(format) : undefined
      if (problem !== undefined) return [at(`${whole}: the format ${problem}`, ...path)]
      if (format !== undefined && !format.includes('%') && !(TIME_FORMATS as readonly string[]).includes(format))
        return [
          at(
            `${whole}: the formats of a time are ${TIME_FORMATS.join(', ')}, or one of strftime such as %d/%m/%Y`,
            ...path,
          ),
        ]
      if (!isTime && table.parent === undefined)
        return [at(`${whole} needs a parent: name the table that the rows belong to`, ...path)]
      if (name === 'tables' && !above.some((one) => fieldBelow(one, field ?? '') !== undefined))
        return [
          at(
            `${whole} names no table above this one; those are ${above.join(', ')}: write {tables.${above[0] ?? 'name'}.field}`,
            ...path,
          ),
        ]
      return []
    })
    // A body may have braces of its own: GraphQL has little else.
    const strangers = path[0] === 'body' ? [] : strangersIn(text)
    return [
      ...problems,
      ...strangers.map((one) => at(`${one} is not one of {from}, {to}, {partition}, {parent} and {tables}`, ...path)),
    ]
  })
}

function checkPaging(table: TableConfig): Problem[] {
  const { pagination, cursor, ordered, revision, method, body, total } = table
  const problems: Problem[] = []
  if (total !== undefined && pagination?.type === 'offset' && pagination.total !== undefined)
    problems.push(at('is already in "pagination"; remove one of the two', 'total'))
  const isAnchored = ordered === 'ascending' && names(table, 'from') && table.reanchor !== false
  const isByPlace = pagination?.type === 'page' || pagination?.type === 'offset'
  if (cursor !== undefined && isByPlace && ordered === 'descending') problems.push(...checkNewestFirst(table))
  else if (cursor !== undefined && isByPlace && !isAnchored)
    problems.push(
      at(
        'a list that is read by a cursor changes while it is paged, so paging by page number or offset loses rows; make the API sort it by the cursor: "ordered": "ascending", with the parameter it needs for that, and {from} where to begin, or "ordered": "descending"',
        'pagination',
      ),
    )
  if (pagination?.type === 'since' && !isAnchored)
    problems.push(at('"since" needs a cursor, "ordered": "ascending" and a parameter with {from}', 'pagination'))
  if (revision !== undefined && (pagination?.type ?? 'none') !== 'none')
    problems.push(at('an ETag covers one answer, and this list has several pages', 'revision'))
  if (revision !== undefined && method === 'POST')
    problems.push(at('only requests with the method GET have an ETag', 'revision'))
  if (body !== undefined && method !== 'POST') problems.push(at('needs "method": "POST"', 'body'))
  return problems
}

/** A list by place from its newest row to the first known one. */
function checkNewestFirst({ primaryKey, window }: TableConfig): Problem[] {
  const problems: Problem[] = []
  if (primaryKey === undefined)
    problems.push(
      at(
        'a descending list by page number or offset needs a primaryKey: new rows push others to the next page, and only a key tells that they are the same',
        'primaryKey',
      ),
    )
  if (window !== undefined)
    problems.push(
      at(
        'each window would read a descending list by page number or offset from its first page; leave it out',
        'window',
      ),
    )
  return problems
}

/** A body of rows alone has no other fields: only headers can have what belongs to the whole list. */
function checkFormat({ format, rows, keyedBy, single, success, none, total, pagination }: TableConfig): Problem[] {
  if (format === 'json') return []
  const name = typeof format === 'string' ? format : format.type
  const about = `of a response in ${name}: it is nothing but rows`
  const isPath = (place: unknown): boolean => typeof place === 'string' || Array.isArray(place)
  const paths = Object.entries(pagination ?? {})
    .filter(([field, place]) => ['at', 'pages', 'more', 'total'].includes(field) && isPath(place))
    .map(([field]) => at(`is a place in the body ${about}; name a header: { "header": … }`, 'pagination', field))
  const others = [
    ['rows', [rows].flat().join('') !== ''],
    ['keyedBy', keyedBy !== undefined],
    ['single', single],
    ['success', success !== undefined],
    ['none', none === 'null' || (none === 'absent' && name !== 'csv')],
    ['total', isPath(total)],
  ] as const
  return [
    ...paths,
    ...others.filter(([, isSet]) => isSet).map(([field]) => at(`is about the body ${about}; leave it out`, field)),
  ]
}

/** The tables that a table's rows belong to, from its parent up; one that comes twice ends it. */
function tablesAbove(name: string, tables: Tables): readonly string[] {
  const above: string[] = []
  for (let one = tables[name]?.parent?.table; one !== undefined; one = tables[one]?.parent?.table) {
    const isAgain = above.includes(one)
    above.push(one)
    if (isAgain || one === name) break
  }
  return above
}

function checkParent(name: string, tables: Tables): Problem[] {
  const { parent, revision } = tables[name]!
  if (parent === undefined) return []
  if (!Object.hasOwn(tables, parent.table))
    return [
      at(`there is no table "${parent.table}"; the tables are ${Object.keys(tables).join(', ')}`, 'parent', 'table'),
    ]
  const above = tablesAbove(name, tables)
  if (above.includes(name))
    return [at(`the tables ${[name, ...above].join(' → ')} are parents of each other`, 'parent', 'table')]
  const isNamed = textsOf(tables[name]!).some(({ text }) =>
    placeholdersIn(text).some(
      (one) =>
        one.name === 'partition' || (one.name === 'tables' && fieldBelow(parent.table, one.field ?? '') !== undefined),
    ),
  )
  const problems = isNamed
    ? []
    : [at('{partition} is in neither the path nor the params: each parent would return the same rows', 'path')]
  if (revision !== undefined && typeof parent.revision === 'string')
    problems.push(at('is already set by the parent; keep one of the two', 'revision'))
  return problems
}

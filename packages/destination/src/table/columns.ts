import type { ColumnType, KnownColumn, RecordedSchema, Shape, TableColumn } from '@tidemark/core/engine'
import type { Repertoire } from '../values/repertoire.ts'
import { columnName, fold } from './names.ts'

/** A column of the source as stored in the destination. */
export interface LaidColumn {
  readonly column: TableColumn
  /** Its name there. */
  readonly name: string
  /** Its type there, which may be wider than the source's. */
  readonly stored: ColumnType
}

/** The layout of a table's encoded rows in the destination: the statements and the encoder are built from it. */
export interface Layout {
  readonly name: string
  /** Those that encoded rows hold, in their order. */
  readonly columns: readonly LaidColumn[]
  /** All that the source declares, also columns that the config leaves out: a field beside them is an undeclared one. */
  readonly declared: readonly string[]
  readonly loose: boolean
  readonly partitioned: boolean
  readonly globalKey: boolean
  /** The primary key's columns in the destination, and their indexes in an encoded row. */
  readonly key: readonly string[]
  readonly keyAt: readonly number[]
  readonly cursored: boolean
  /** A feed tells its rows: `_cursor` holds its numbers, and `_missing` names the columns that nothing has told yet. */
  readonly fed: boolean
  /** `_run` holds the number of the run that wrote a row last. */
  readonly runs: boolean
}

/** The layout of a table whose columns are known by now. */
export function layOut(name: string, shape: Shape, known: Pick<RecordedSchema, 'columns' | 'runs'>): Layout {
  const byName = new Map(known.columns.map((column) => [column.name, column]))
  const columns = shape.columns.flatMap((column) => {
    const there = byName.get(column.name)
    // Mode `discard-row`: a column that the destination does not have is dropped.
    return there === undefined ? [] : [{ column, name: there.column, stored: there.type }]
  })
  const keyAt = shape.primaryKey.map((key) => columns.findIndex(({ column }) => column.name === key))
  return {
    name,
    columns,
    declared: [...shape.columns.map((column) => column.name), ...shape.declared],
    loose: shape.loose,
    partitioned: shape.partitioned,
    globalKey: shape.globalKey,
    key: keyAt.map((at) => columns[at]!.name),
    keyAt,
    // The number of a feed orders versions as a cursor does.
    cursored: shape.cursor !== undefined || shape.fed === true,
    fed: shape.fed === true,
    runs: known.runs === true,
  }
}

/** The columns that identify a row: `_partition` and the primary key, unless the key is global. Empty: no key. */
export function identifying({
  key,
  partitioned,
  globalKey,
}: Pick<Layout, 'key' | 'partitioned' | 'globalKey'>): readonly string[] {
  return key.length > 0 && partitioned && !globalKey ? ['_partition', ...key] : key
}

/** The columns that every table has beside those of its source. */
export function systemTypes({
  partitioned,
  fed,
  runs,
}: {
  readonly partitioned: boolean
  readonly fed?: boolean | undefined
  readonly runs?: boolean | undefined
}): readonly (readonly [name: string, type: ColumnType])[] {
  return [
    ['_cursor', 'integer'],
    ['_synced_at', 'timestamp'],
    ['_deleted_at', 'timestamp'],
    ...(partitioned ? [['_partition', 'text'] as const] : []),
    ...(fed === true ? [[MISSING, 'text'] as const] : []),
    ...(runs === true ? [[RUN, 'integer'] as const] : []),
  ]
}

/** The column of a table of a feed that names what nothing has told yet of a row. */
export const MISSING = '_missing'

/** The column of the run that wrote a row last. */
export const RUN = '_run'

/** Names of the values of an encoded row in their order, without the position. */
export function dataColumns({ columns, loose }: Layout): readonly string[] {
  const names = columns.map(({ name }) => name)
  return loose ? [...names, '_extra'] : names
}

/** The types of the same values. */
export function dataTypes({ columns, loose }: Layout): readonly ColumnType[] {
  const own = columns.map(({ stored }) => stored)
  return loose ? [...own, 'json'] : own
}

/** Names new columns, beside the existing ones. */
export function nameColumns(
  known: readonly KnownColumn[],
  added: readonly { readonly name: string; readonly type: ColumnType }[],
  present: readonly string[],
  repertoire: Repertoire,
): readonly KnownColumn[] {
  const taken = new Set([...present, ...known.map(({ column }) => column)].map(fold))
  const named: KnownColumn[] = []
  for (const { name, type } of added) {
    const column = columnName(name, taken, repertoire)
    taken.add(fold(column))
    named.push({ name, column, type })
  }
  return named
}

export function factsOf(
  shape: Shape,
  columns: readonly KnownColumn[],
  before?: Pick<RecordedSchema, 'hash' | 'runs'> | undefined,
): RecordedSchema {
  const { cursor, window, aliases = [], hash = before?.hash } = shape
  return {
    columns: [...columns],
    primaryKey: [...shape.primaryKey],
    globalKey: shape.globalKey,
    partitioned: shape.partitioned,
    ...(shape.fed === true ? { fed: true as const } : {}),
    ...(shape.runs === true || before?.runs === true ? { runs: true as const } : {}),
    ...(aliases.length === 0 ? {} : { aliases: [...aliases] }),
    ...(hash === undefined ? {} : { hash }),
    ...(cursor === undefined ? {} : { window: window === undefined ? null : String(window) }),
    cursor:
      cursor === undefined ? null : { column: cursor.column, type: cursor.type, precision: cursor.precision ?? null },
  }
}

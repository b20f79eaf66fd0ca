import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type FoundColumn, type FoundTable, isOwn, isState, keyOf, nameOf } from '../found-table.ts'
import { schemaGeneration } from '../generation.ts'
import { AS_TEXT, keepsApart, ONLY_TEXT, readingFor, type Seen, typeOf } from './column-reading.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows that are looked at from each end of a table. */
const SAMPLE = 5000
/** Expressions of a query are limited, so wide tables are looked at in pieces. */
const PIECE = 100

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** The tables of a file. What the values of a column are, only its rows can say, so some of them are looked at. */
export function findTables(db: DatabaseSync): FoundTable[] {
  const { schema_version: schemaVersion } = db.prepare('PRAGMA schema_version').get() as Row
  const written = db.prepare('SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema').all() as Row[]
  const pages = new Map(written.map((entry) => [entry['name'], entry['rootpage']]))
  const entries = written.flatMap((entry) =>
    entry['sql'] === null
      ? []
      : [{ table: String(entry['tbl_name']), name: String(entry['name']), hash: hashOf(String(entry['sql'])) }],
  )
  const listed = db.prepare(`SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name`).all()
  return (listed as readonly Row[]).flatMap((listing) => {
    const relation = String(listing['name'])
    const kind = String(listing['type'])
    if (/^sqlite_/i.test(relation) || kind === 'shadow') return []
    const generation = schemaGeneration(Number(schemaVersion), pages.get(relation), entries)
    const table = tableOf(db, relation, {
      generation,
      schemaVersion,
      isTable: kind === 'table',
      hasRowid: kind === 'table' && listing['wr'] === 0,
    })
    return table.columns.length === 0 || isState(relation) ? [] : [table]
  })
}

function tableOf(
  db: DatabaseSync,
  relation: string,
  {
    isTable,
    hasRowid,
    generation,
    schemaVersion,
  }: {
    readonly isTable: boolean
    readonly hasRowid: boolean
    readonly generation: string
    readonly schemaVersion: unknown
  },
): FoundTable {
  // Hidden columns of virtual tables (1) are arguments, no values.
  const info = (db.prepare('SELECT * FROM pragma_table_xinfo(?)').all(relation) as readonly Row[]).filter(
    (column) => column['hidden'] !== 1,
  )
  const primary = info
    .filter((column) => Number(column['pk']) > 0)
    .toSorted((a, b) => Number(a['pk']) - Number(b['pk']))
  // The rowid's other name: never NULL, whatever is declared.
  const alias =
    hasRowid && primary.length === 1 && /^integer$/i.test(String(primary[0]!['type'])) ? primary[0] : undefined
  const names = info.map((column) => String(column['name']))
  const rowid = hasRowid
    ? ['rowid', '_rowid_', 'oid'].find((name) => !names.some((one) => one.toLowerCase() === name))
    : undefined
  const seen = isTable ? sample(db, relation, names, rowid) : new Map<string, Seen>()
  const columns = info.map((column): FoundColumn => {
    const name = String(column['name'])
    const declared = String(column['type'])
    const type = typeOf(declared, seen.get(name) ?? NOTHING)
    const nullable = column['notnull'] === 0 && column !== alias && !(primary.includes(column) && !hasRowid)
    return { name, kind: declared, nullable, asText: AS_TEXT, pageable: true, ...readingFor(type) }
  })
  const isNotNull = (name: string): boolean => columns.some((column) => column.name === name && !column.nullable)
  const indexes = indexesOf(db, relation)
  const keys = [
    ...(primary.length === 0 ? [] : [{ primary: true, columns: primary.map((column) => String(column['name'])) }]),
    ...indexes.filter((index) => index.unique).map(({ columns }) => ({ primary: false, columns })),
  ]
  // A primary key may hold NULL in SQLite, even several times.
  const key = keyOf(keys.filter((one) => one.columns.every(isNotNull)))
  return {
    name: nameOf(undefined, relation),
    schema: undefined,
    relation,
    kind: isTable ? 'table' : 'view',
    columns: columns.map((column) =>
      key.includes(column.name) && hasTwins(db, relation, column) ? { ...column, ...ONLY_TEXT } : column,
    ),
    key,
    indexed: new Set([
      ...indexes.map((index) => index.columns[0]!),
      ...(alias === undefined ? [] : [String(alias['name'])]),
      ...(hasRowid || primary.length === 0 ? [] : [String(primary[0]!['name'])]),
    ]),
    own: isOwn(columns),
    rows: undefined,
    readable: true,
    generation,
    details: { rowid, schemaVersion },
  }
}

/** Whether a column that is read as texts holds a number and a text of its digits: read so, two rows would be one. */
function hasTwins(db: DatabaseSync, relation: string, { name, kind, type }: FoundColumn): boolean {
  if (type !== 'text' || !keepsApart(kind)) return false
  const [table, column] = [quoted(relation), quoted(name)]
  const twin = `SELECT 1 FROM ${table} u WHERE typeof(u.${column}) = 'text' AND u.${column} = CAST(t.${column} AS TEXT)`
  // Numbers come before all texts, so an index finds those there are.
  return db.prepare(`SELECT 1 FROM ${table} t WHERE t.${column} < '' AND EXISTS (${twin}) LIMIT 1`).get() !== undefined
}

/** Indexes over whole columns, in their own order, and over all rows. */
function indexesOf(db: DatabaseSync, relation: string): { readonly unique: boolean; readonly columns: string[] }[] {
  const list = db.prepare('SELECT name, "unique", partial FROM pragma_index_list(?)').all(relation) as readonly Row[]
  return list.flatMap((index) => {
    if (index['partial'] !== 0) return []
    const parts = db
      .prepare('SELECT cid, name FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno')
      .all(String(index['name'])) as readonly Row[]
    // An expression has no column.
    if (parts.some((part) => Number(part['cid']) < 0)) return []
    return [{ unique: index['unique'] === 1, columns: parts.map((part) => String(part['name'])) }]
  })
}

const NOTHING: Seen = {
  integers: false,
  reals: false,
  texts: false,
  blobs: false,
  bits: true,
  dates: true,
  local: true,
  zoned: true,
}

const DAY = `'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'`
const TIME = `'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]*'`
/** Whether an offset stands behind hours and minutes. */
const OFFSET = (column: string): string =>
  `(substr(${column}, 17) GLOB '*Z' OR substr(${column}, 17) GLOB '*[+-][0-9][0-9]:[0-9][0-9]')`

/** No date and no time is longer, in bytes. */
const LONGEST_TIME = 64

/** A value as far as its type goes: long ones are not even loaded from the file, where a thousand may not fit into memory. */
const inShort = (column: string): string =>
  `CASE WHEN octet_length(${column}) <= ${LONGEST_TIME} THEN ${column} WHEN typeof(${column}) = 'text' THEN 'long' WHEN ${column} IS NOT NULL THEN x'' END AS ${column}`

/** Looks at the first and the last rows: types of an old time may differ from those of today. */
function sample(
  db: DatabaseSync,
  relation: string,
  names: readonly string[],
  rowid: string | undefined,
): Map<string, Seen> {
  const seen = new Map<string, Seen>()
  for (let at = 0; at < names.length; at += PIECE) {
    const piece = names.slice(at, at + PIECE)
    const rows = `SELECT ${piece.map((name) => inShort(quoted(name))).join(', ')} FROM ${quoted(relation)}`
    const from = `SELECT * FROM (${rows} LIMIT ${SAMPLE})`
    const both =
      rowid === undefined ? from : `${from} UNION ALL SELECT * FROM (${rows} ORDER BY ${rowid} DESC LIMIT ${SAMPLE})`
    const parts = piece.flatMap((name) => {
      const column = quoted(name)
      const isText = `typeof(${column}) = 'text'`
      return [
        `max(typeof(${column}) = 'integer')`,
        `max(typeof(${column}) = 'real')`,
        `max(${isText})`,
        `max(typeof(${column}) = 'blob')`,
        `max(typeof(${column}) = 'integer' AND ${column} NOT IN (0, 1))`,
        `max(${isText} AND ${column} NOT GLOB ${DAY})`,
        `max(${isText} AND NOT (${column} GLOB ${TIME} AND NOT ${OFFSET(column)}))`,
        `max(${isText} AND NOT (${column} GLOB ${TIME} AND ${OFFSET(column)}))`,
      ]
    })
    const statement = db.prepare(`SELECT ${parts.join(', ')} FROM (${both})`)
    statement.setReturnArrays(true)
    const flags = statement.get() as unknown as readonly (number | null)[]
    for (const [index, name] of piece.entries()) {
      const [integers, reals, texts, blobs, others, notDates, notLocal, notZoned] = flags
        .slice(index * 8, index * 8 + 8)
        .map((flag) => flag === 1)
      seen.set(name, {
        integers: integers!,
        reals: reals!,
        texts: texts!,
        blobs: blobs!,
        bits: !others,
        dates: !notDates,
        local: !notLocal,
        zoned: !notZoned,
      })
    }
  }
  return seen
}

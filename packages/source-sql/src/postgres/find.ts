import type pg from 'pg'
import { type FoundColumn, type FoundTable, isOwn, isState, keyOf, nameOf } from '../found-table.ts'
import { generationOf } from '../generation.ts'
import { AS_TEXT, type PostgresType, readingOf } from './column-reading.ts'
import { COMMON_KEYS, LEAF_FILES } from './partitions.ts'
import { COLUMNS, INDEXES, RELATIONS, TYPES, VIEW_FILES } from './relations.ts'
import { ask, type TextRow } from './session.ts'
import { SEQUENCES } from './transactions.ts'

/** The tables of a database, in one look at its catalogue. */
export async function findTables(client: pg.Client, schemas: readonly string[] | undefined): Promise<FoundTable[]> {
  const all = await ask(client, RELATIONS)
  const relations = schemas === undefined ? all : all.filter((row) => schemas.includes(row[1]!))
  const ids = [`{${relations.map((row) => row[0]).join()}}`]
  // The server looks for rights at columns as they are now: of one that was dropped since this snapshot it says nothing, and it is gone.
  const columns = grouped((await ask(client, COLUMNS, ids)).filter((row) => row[6] !== null))
  const indexes = grouped(await ask(client, INDEXES, ids))
  const of = async (kind: string, query: string): Promise<Map<string, TextRow[]>> => {
    const some = relations.filter((row) => row[3] === kind).map((row) => row[0])
    return some.length === 0 ? new Map() : grouped(await ask(client, query, [`{${some.join()}}`]))
  }
  const commonKeys = await of('p', COMMON_KEYS)
  const leaves = await of('p', LEAF_FILES)
  const views = await of('v', VIEW_FILES)
  const sequences = grouped(await ask(client, SEQUENCES, ids))
  const types = new Map((await ask(client, TYPES, ids)).map((row) => [Number(row[0]), typeOf(row)]))
  return relations.flatMap((relation) => {
    const [oid] = relation
    const table = tableOf(relation, {
      columns: columns.get(oid!) ?? [],
      indexes: indexes.get(oid!) ?? [],
      commonKeys: commonKeys.get(oid!) ?? [],
      leaves: leaves.get(oid!) ?? [],
      view: views.get(oid!)?.[0]?.[1] ?? undefined,
      sequences: sequences.get(oid!) ?? [],
      types,
    })
    return table.columns.length === 0 || isState(table.relation) ? [] : [table]
  })
}

function grouped(rows: readonly TextRow[]): Map<string, TextRow[]> {
  return Map.groupBy(rows, (row) => row[0]!)
}

/** A user's own type may be called like one of Postgres, and is then none. */
function typeOf([oid, name, kind, base, category, own]: TextRow): PostgresType {
  return {
    oid: Number(oid),
    name: own === 't' ? name! : `user.${name}`,
    kind: kind!,
    base: Number(base),
    category: category!,
  }
}

/** Types whose text compares and orders as the value does; what a page ends with must find its place again. */
function columnOf(row: TextRow, types: ReadonlyMap<number, PostgresType>): FoundColumn {
  const [, , name, oid, kind, notNull] = row
  let type = types.get(Number(oid))
  while (type?.kind === 'd') type = types.get(type.base)
  return {
    name: name!,
    kind: kind!,
    nullable: notNull !== 't',
    asText: AS_TEXT,
    pageable: false,
    answerKind: oid!,
    ...(type === undefined ? { type: 'text' } : readingOf(type)),
  }
}

function drawnBy(sequences: readonly TextRow[], name: string): Pick<FoundColumn, 'drawn'> {
  const row = sequences.find(([, column]) => column === name)
  if (row === undefined) return {}
  const [, , count, least, most, stock, cycles] = row
  const increment = BigInt(least!) < 0n ? BigInt(least!) : BigInt(most!)
  return { drawn: { sequences: Number(count), increment, stock: BigInt(stock!), cycles: cycles === 't' } }
}

interface Found {
  readonly columns: readonly TextRow[]
  readonly indexes: readonly TextRow[]
  /** Of a table of partitions: those that all of them have. */
  readonly commonKeys: readonly TextRow[]
  /** Of a table of partitions: their files. */
  readonly leaves: readonly TextRow[]
  /** Of a view: what it shows. */
  readonly view: string | undefined
  /** Those that its columns draw from. */
  readonly sequences: readonly TextRow[]
  readonly types: ReadonlyMap<number, PostgresType>
}

function tableOf([oid, schema, relation, kind, rows, readable, file]: TextRow, found: Found): FoundTable {
  const { columns, indexes, sequences, types } = found
  const names = new Map(columns.map((row) => [row[1]!, row[2]!]))
  const mayRead = readable === 't'
  const [shown, hidden] = mayRead
    ? [columns.filter((row) => row[6] === 't'), columns.filter((row) => row[6] !== 't')]
    : [columns, []]
  const readColumns = shown.map((row) => ({ ...columnOf(row, types), ...drawnBy(sequences, row[2]!) }))
  const ordered = indexes.filter(([, , , , , method]) => method === 'btree')
  return {
    name: nameOf(schema === 'public' ? undefined : schema!, relation!),
    schema: schema!,
    relation: relation!,
    kind: kind === 'r' || kind === 'p' ? 'table' : 'view',
    columns: readColumns,
    own: isOwn(readColumns),
    ...keyIn(found, shown),
    hidden: hidden.map((row) => row[2]!),
    indexed: new Set(ordered.map(([, , , , numbers]) => names.get(numbers!.split(' ')[0]!) ?? '')),
    rows: rows === null ? undefined : Number(rows),
    readable: mayRead,
    generation: generationIn(found, kind!, found.view ?? file ?? undefined),
    // Tables that inherit are tables of their own; partitions are not listed and belong to what they are a part of.
    details: { oid, only: kind === 'r' },
  }
}

function generationIn({ leaves }: Found, kind: string, head: string | undefined): string | undefined {
  if (head === undefined) return undefined
  const parts = leaves.map(([, place, file]) => [place!, file!] as const)
  return generationOf(kind === 'p' ? { head, files: parts } : { head })
}

/** A key of which the user may read every column: the table's own, else the one that all its partitions have. */
function keyIn({ indexes, commonKeys }: Found, shown: readonly TextRow[]): Pick<FoundTable, 'key' | 'unproven'> {
  const byNumber = new Map(shown.map((row) => [row[1]!, { name: row[2]!, isFilled: row[5] === 't' }]))
  const own = indexes.flatMap(([, unique, primary, count, numbers]) => {
    const keyed = numbers!
      .split(' ')
      .slice(0, Number(count))
      .map((number) => byNumber.get(number))
    if (unique !== 't' || !keyed.every((column) => column?.isFilled === true)) return []
    return [{ primary: primary === 't', columns: keyed.map((column) => column!.name) }]
  })
  if (own.length > 0) return { key: keyOf(own) }
  const order = shown.map((row) => row[2]!)
  const common = commonKeys.flatMap(([, primary, json, proven]) => {
    const keyed = JSON.parse(json!) as readonly string[]
    if (!keyed.every((name) => order.includes(name))) return []
    return [{ primary: primary === 't', columns: order.filter((name) => keyed.includes(name)), proven: proven === 't' }]
  })
  const key = keyOf(common)
  const isProven = common.some((one) => one.proven && String(one.columns) === String(key))
  return key.length === 0 || isProven ? { key } : { key, unproven: true }
}

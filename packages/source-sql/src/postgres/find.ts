import type pg from 'pg'
import { type FoundColumn, type FoundTable, isOwn, keyOf, nameOf } from '../found-table.ts'
import { AS_TEXT, type PostgresType, readingOf } from './column-reading.ts'
import { COLUMNS, INDEXES, RELATIONS, TYPES } from './relations.ts'
import { ask, type TextRow } from './session.ts'

/** The tables of a database, in one look at its catalogue. */
export async function findTables(client: pg.Client, schemas: readonly string[] | undefined): Promise<FoundTable[]> {
  const all = await ask(client, RELATIONS)
  const relations = schemas === undefined ? all : all.filter((row) => schemas.includes(row[1]!))
  const ids = [`{${relations.map((row) => row[0]).join()}}`]
  const columns = grouped(await ask(client, COLUMNS, ids))
  const indexes = grouped(await ask(client, INDEXES, ids))
  const types = new Map((await ask(client, TYPES, ids)).map((row) => [Number(row[0]), typeOf(row)]))
  return relations.flatMap((relation) => {
    const table = tableOf(relation, columns.get(relation[0]!) ?? [], indexes.get(relation[0]!) ?? [], types)
    return table.columns.length === 0 || isOwn(table.relation, table.columns) ? [] : [table]
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
    ...(type === undefined ? { type: 'text' } : readingOf(type)),
  }
}

function tableOf(
  [oid, schema, relation, kind, rows, readable]: TextRow,
  columns: readonly TextRow[],
  indexes: readonly TextRow[],
  types: ReadonlyMap<number, PostgresType>,
): FoundTable {
  const names = new Map(columns.map((row) => [row[1]!, row[2]!]))
  const mayRead = readable === 't'
  const shown = mayRead ? columns.filter((row) => row[6] === 't') : columns
  const found = shown.map((row) => columnOf(row, types))
  const isNotNull = (name: string): boolean => found.some((column) => column.name === name && !column.nullable)
  const keys = indexes.flatMap(([, unique, primary, count, numbers]) => {
    const keyed = numbers!
      .split(' ')
      .slice(0, Number(count))
      .map((number) => names.get(number) ?? '')
    return unique === 't' && keyed.every(isNotNull) ? [{ primary: primary === 't', columns: keyed }] : []
  })
  const ordered = indexes.filter(([, , , , , method]) => method === 'btree')
  return {
    name: nameOf(schema === 'public' ? undefined : schema!, relation!),
    schema: schema!,
    relation: relation!,
    kind: kind === 'r' || kind === 'p' ? 'table' : 'view',
    columns: found,
    key: keyOf(keys),
    indexed: new Set(ordered.map(([, , , , numbers]) => names.get(numbers!.split(' ')[0]!) ?? '')),
    rows: rows === null ? undefined : Number(rows),
    readable: mayRead,
    // Tables that inherit are tables of their own; partitions are not listed and belong to what they are a part of.
    facts: { oid, only: kind === 'r' },
  }
}

import type { Batch, StepRef } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Connections, Dialect } from '../dialects/dialect.ts'
import { isOf, type Staging } from '../dialects/staging.ts'
import type { Target } from '../dialects/target.ts'
import type { Terms } from '../dialects/terms.ts'
import { dataColumns, dataTypes, type Layout, MISSING } from '../table/columns.ts'
import { keyAndPosition } from './key-row.ts'
import { count } from './run.ts'
import { list } from './sql.ts'
import { aboveLateDeletion, missingRows } from './statements.ts'
import { keyTerms, termsOf } from './step-terms.ts'
import type { Writing } from './writing.ts'

/** So many keys are read at a time: nothing is held open while a source is asked for them. */
const CHUNK = 5000

/** Primary keys as a source knows them: canonical values, by its own names of the columns. */
export type NamedKeys = readonly Readonly<Record<string, unknown>>[]

/** How many rows of a step's scope neither came back nor were reported as deleted. */
export async function countMissing({ session, target }: Writing, { table }: Staging, terms: Terms): Promise<number> {
  return await count(session, sql`select count(*) from ${missingRows(target, table, terms)}`)
}

export interface Missing {
  readonly connections: Connections
  readonly dialect: Dialect
  readonly target: Target | undefined
  readonly staging: Staging | undefined
  readonly step: StepRef
  readonly lateRows: Pick<Batch, 'lateBelow' | 'lateDeletions'> | undefined
}

/** The keys of those rows, or of those that late deletions would mark, in chunks. */
export async function* readMissing({
  connections,
  dialect,
  target,
  staging,
  step,
  lateRows: late,
}: Missing): AsyncGenerator<NamedKeys> {
  if (target === undefined) return
  const terms = { ...termsOf(dialect, { step }, 0n), keys: keyTerms(target, step) }
  if (late !== undefined) {
    const mode = dialect.looksUpBy === 'values' ? 'read' : 'part'
    yield await connections.transaction({ mode, table: target.layout.name }, (session) =>
      lateKeys({ dialect, session, target }, late, terms),
    )
    return
  }
  if (staging === undefined || !isOf(staging, step)) return
  let last: readonly unknown[] | undefined
  do {
    const chunk = await connections.transaction({ mode: 'read', table: target.layout.name }, (session) =>
      missingKeys({ dialect, session, target: staging.target }, staging, terms, last),
    )
    last = chunk.last
    if (chunk.keys.length > 0) yield chunk.keys
  } while (last !== undefined)
}

async function lateKeys(
  { dialect, session, target }: Writing,
  { lateBelow, lateDeletions = [] }: NonNullable<Missing['lateRows']>,
  terms: Terms,
): Promise<NamedKeys> {
  if (lateBelow === undefined) return []
  const { layout, table } = target
  const rows: (readonly unknown[])[] = []
  const keys = lateDeletions.map(({ key, position }) => keyAndPosition(key, position))
  await session.withKeys(target, keys, async (source) => {
    const where = aboveLateDeletion(target, lateBelow, terms)
    rows.push(
      ...(await session.rows(sql`select ${list(layout.key, 't')} from ${table} as t, ${source} as s where ${where}`)),
    )
    return 0
  })
  return rows.map((row) => namedKey(layout, decodedKey(dialect, layout, row)))
}

async function missingKeys(
  { dialect, session, target }: Writing,
  staging: Staging,
  terms: Terms,
  last: readonly unknown[] | undefined,
): Promise<{ readonly keys: NamedKeys; readonly last: readonly unknown[] | undefined }> {
  const { layout } = target
  const order = list(['_cursor', ...layout.key], 't')
  const behind = last === undefined ? sql`` : sql` and (${order}) > (${boundOf(dialect, layout, last)})`
  const rows = await session.rows(sql`select ${order} from ${missingRows(target, staging.table, terms)}${behind}
    order by ${order} limit ${sql.lit(CHUNK)}`)
  return {
    keys: rows.map((row) => namedKey(layout, decodedKey(dialect, layout, row.slice(1)))),
    last: rows.length < CHUNK ? undefined : rows.at(-1),
  }
}

/** The position and the key behind which the next chunk begins, as the database gave them. */
function boundOf({ typeOf }: Dialect, layout: Layout, last: readonly unknown[]) {
  const types = new Map(dataColumns(layout).map((name, at) => [name, dataTypes(layout)[at]!]))
  const all = ['integer' as const, ...layout.key.map((name) => types.get(name)!)]
  return sql.join(all.map((type, at) => sql`cast(${last[at]} as ${sql.raw(typeOf(type))})`))
}

function decodedKey(
  { decode }: Pick<Dialect, 'decode'>,
  { keyAt, columns }: Layout,
  row: readonly unknown[],
): readonly unknown[] {
  return keyAt.map((at, place) => decode[columns[at]!.stored](row[place]))
}

function namedKey({ keyAt, columns }: Layout, key: readonly unknown[]): NamedKeys[number] {
  return Object.fromEntries(keyAt.map((at, place) => [columns[at]!.column.name, key[place]]))
}

/** Keys of rows of a feed of which something is missing: nothing has told it, or what told it was rejected. At most so many. */
export async function incompleteKeys({ dialect, session, target }: Writing, most: number): Promise<NamedKeys> {
  const { layout, table } = target
  if (!layout.fed || layout.key.length === 0) return []
  const rows = await session.rows(
    sql`select ${list(layout.key, 't')} from ${table} as t where t.${sql.id(MISSING)} is not null order by ${list(layout.key, 't')} limit ${most}`,
  )
  return rows.map((row) => namedKey(layout, decodedKey(dialect, layout, row)))
}

import { type RawBuilder, sql } from 'kysely'
import { dataColumns, dataTypes } from '../../table/columns.ts'
import { copyIn } from './copy-in.ts'
import { CopyRows, field, type Suffix } from './copy-rows.ts'
import { refuses } from './errors.ts'
import { stamp } from './forms.ts'
import type { Session } from './sessions.ts'
import { list, mainTable, rowDefinitions, systemColumns, type Target } from './statements.ts'

export type EncodedRows = readonly (readonly unknown[])[]

export interface RefusedRow {
  readonly row: readonly unknown[]
  readonly error: unknown
}

export interface Loaded {
  readonly written: number
  readonly refused: readonly RefusedRow[]
}

/** Copies encoded rows with their positions into a table. */
export async function copyRows(
  { client, db }: Session,
  { layout }: Target,
  into: RawBuilder<unknown>,
  rows: EncodedRows,
  more: Suffix & { readonly columns: readonly string[] } = NOTHING,
): Promise<number> {
  const columns = [...dataColumns(layout), '_cursor', ...more.columns]
  const { sql: text } = sql`copy ${into} (${list(columns)}) from stdin (format binary)`.compile(db)
  const encoder = new CopyRows([...dataTypes(layout), 'integer'], more)
  return await copyIn(client, text, encoder.chunks(rows))
}

const NOTHING = { fields: 0, bytes: Buffer.alloc(0), columns: [] }

/** Copies rows straight into their table. */
export async function copyStraight(
  session: Session,
  target: Target,
  rows: EncodedRows,
  { now, partition }: { readonly now: bigint; readonly partition: string },
): Promise<number> {
  const { partitioned } = target.layout
  const synced = field(stamp(now) as number)
  const bytes = partitioned ? Buffer.concat([synced, field(partition)]) : synced
  const columns = systemColumns(target.layout).slice(1)
  return await copyRows(session, target, mainTable(target), rows, { fields: columns.length, bytes, columns })
}

export const PART = sql`pg_temp._tidemark_part`

/** Copies rows into a table of this transaction, and works with it there. */
export async function withPart<T>(
  session: Session,
  target: Target,
  rows: EncodedRows,
  work: (part: RawBuilder<unknown>) => Promise<T>,
): Promise<T> {
  const { db } = session
  await sql`create temp table _tidemark_part (${sql.join(rowDefinitions(target.layout))}) on commit drop`.execute(db)
  await copyRows(session, target, PART, rows)
  const result = await work(PART)
  await sql`drop table ${PART}`.execute(db)
  return result
}

/**
 * Does work with rows in a table of this transaction. Where the server refuses some, with halves of them, until those
 * that it refuses alone are found. The rows are copied once more then, and not for each half.
 */
export async function workHalving(
  session: Session,
  target: Target,
  rows: EncodedRows,
  work: (part: RawBuilder<unknown>) => Promise<number>,
): Promise<Loaded> {
  if (rows.length === 0) return { written: 0, refused: [] }
  const one = (some: EncodedRows) => withPart(session, target, some, work)
  const tried = await attempt(session, () => one(rows))
  if (tried.ok) return { written: tried.value, refused: [] }
  if (rows.length === 1) return { written: 0, refused: [{ row: rows[0]!, error: tried.error }] }
  const numbered = await attempt(session, () => copyNumbered(session, target, rows))
  // Some cannot even be copied.
  if (!numbered.ok) return await loadHalving(session, rows, one)
  const found = await halves(0, rows.length)
  await sql`drop table ${PART}`.execute(session.db)
  return found

  async function halves(first: number, end: number): Promise<Loaded> {
    const part = sql`(select * from ${PART} as n where n._at >= ${first} and n._at < ${end})`
    const tried = await attempt(session, () => work(part))
    if (tried.ok) return { written: tried.value, refused: [] }
    if (end - first === 1) return { written: 0, refused: [{ row: rows[first]!, error: tried.error }] }
    const middle = (first + end) >> 1
    const left = await halves(first, middle)
    const right = await halves(middle, end)
    return { written: left.written + right.written, refused: [...left.refused, ...right.refused] }
  }
}

async function copyNumbered(session: Session, target: Target, rows: EncodedRows): Promise<void> {
  const { db } = session
  const definitions = sql.join(rowDefinitions(target.layout))
  await sql`create temp table _tidemark_part (${definitions}, _at bigint primary key) on commit drop`.execute(db)
  await copyRows(session, target, PART, rows, { ...NOTHING, countFrom: 0, columns: ['_at'] })
}

/** Does work that the server may refuse, and undoes it then. */
export async function attempt<T>(
  { client }: Session,
  work: () => Promise<T>,
  mayBe: (error: unknown) => boolean = refuses,
): Promise<Attempt<T>> {
  await client.query('savepoint attempt')
  try {
    const value = await work()
    await client.query('release attempt')
    return { ok: true, value }
  } catch (error) {
    if (!mayBe(error)) throw error
    await client.query('rollback to attempt; release attempt')
    return { ok: false, error }
  }
}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/**
 * Loads rows; where the server refuses some, halves of them, until those that it refuses alone are found: in the order
 * of k log n loads for k of n rows.
 */
export async function loadHalving(
  session: Session,
  rows: EncodedRows,
  load: (rows: EncodedRows) => Promise<number>,
): Promise<Loaded> {
  if (rows.length === 0) return { written: 0, refused: [] }
  const tried = await attempt(session, () => load(rows))
  if (tried.ok) return { written: tried.value, refused: [] }
  if (rows.length === 1) return { written: 0, refused: [{ row: rows[0]!, error: tried.error }] }
  const middle = rows.length >> 1
  const first = await loadHalving(session, rows.slice(0, middle), load)
  const second = await loadHalving(session, rows.slice(middle), load)
  return { written: first.written + second.written, refused: [...first.refused, ...second.refused] }
}

import { type RawBuilder, sql } from 'kysely'
import { loadHalving } from '../../rows/load.ts'
import type { LoadInto, Session } from '../dialect.ts'
import type { EncodedRows, Loaded } from '../encoded-rows.ts'
import type { Target } from '../target.ts'
import { TYPE_NAMES } from './column-types.ts'
import { copyInto, loadOf } from './copy-into.ts'
import type { Reserved } from './sessions.ts'

const PART = sql`pg_temp._tidemark_part`

/** Copies rows into a table of this transaction, and works with it there. */
export async function withPart<T>(
  session: Reserved,
  into: Omit<LoadInto, 'table'>,
  rows: EncodedRows,
  work: (part: RawBuilder<unknown>) => Promise<T>,
): Promise<T> {
  await sql`create temp table _tidemark_part (${definitions(into)}) on commit drop`.execute(session.db)
  await copyInto(session, { ...into, table: PART }, rows)
  const result = await work(PART)
  await sql`drop table ${PART}`.execute(session.db)
  return result
}

function definitions({ columns, types }: Omit<LoadInto, 'table'>): RawBuilder<unknown> {
  return sql.join(columns.map((name, at) => sql`${sql.id(name)} ${sql.raw(TYPE_NAMES[types[at]!])}`))
}

/**
 * Does work with rows in a table of this transaction. Where the server refuses some, with halves of them, until those
 * that it refuses alone are found. The rows are copied once more then, and not for each half.
 */
export async function workHalving(
  session: Reserved & Pick<Session, 'attempt'>,
  target: Target,
  rows: EncodedRows,
  work: (part: RawBuilder<unknown>, count: number) => Promise<number>,
): Promise<Loaded> {
  const into = loadOf(target)
  const { name } = target.layout
  const one = (some: EncodedRows) => withPart(session, into, some, (part) => work(part, some.length))
  const tried = await session.attempt(name, () => one(rows))
  if (tried.ok) return { written: tried.value, refused: [] }
  if (rows.length === 1) return { written: 0, refused: [{ row: rows[0]!, error: tried.error }] }
  const numbered = await session.attempt(name, () => copyNumbered(session, into, rows))
  // Some cannot even be copied.
  if (!numbered.ok) return await loadHalving(session, name, rows, one)
  const found = await halves(0, rows.length)
  await sql`drop table ${PART}`.execute(session.db)
  return found

  async function halves(first: number, end: number): Promise<Loaded> {
    const part = sql`(select * from ${PART} as n where n._at >= ${first} and n._at < ${end})`
    const tried = await session.attempt(name, () => work(part, end - first))
    if (tried.ok) return { written: tried.value, refused: [] }
    if (end - first === 1) return { written: 0, refused: [{ row: rows[first]!, error: tried.error }] }
    const middle = (first + end) >> 1
    const left = await halves(first, middle)
    const right = await halves(middle, end)
    return { written: left.written + right.written, refused: [...left.refused, ...right.refused] }
  }
}

async function copyNumbered(session: Reserved, into: Omit<LoadInto, 'table'>, rows: EncodedRows): Promise<void> {
  const numbered = sql`create temp table _tidemark_part (${definitions(into)}, _at bigint primary key) on commit drop`
  await numbered.execute(session.db)
  const more = { fields: 0, bytes: Buffer.alloc(0), countFrom: 0, columns: ['_at'] }
  await copyInto(session, { ...into, table: PART }, rows, more)
}

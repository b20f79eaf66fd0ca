import { type RawBuilder, sql } from 'kysely'
import type { Session } from '../dialects/dialect.ts'

/** Runs a statement. @returns how many rows it changed. */
export async function changed({ db }: Pick<Session, 'db'>, statement: RawBuilder<unknown>): Promise<number> {
  return Number((await statement.execute(db)).numAffectedRows ?? 0)
}

/** The number that a query gives. */
export async function count(session: Pick<Session, 'rows'>, query: RawBuilder<unknown>): Promise<number> {
  const [row] = await session.rows(query)
  return Number(row?.[0] ?? 0)
}

/** Whether a query gives a row. */
export async function exists(session: Pick<Session, 'rows'>, query: RawBuilder<unknown>): Promise<boolean> {
  return (await session.rows(sql`select 1 from (${query} limit 1) as found`)).length > 0
}

import type { TableState } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Session } from '../dialects/dialect.ts'

interface Asked {
  readonly names: readonly string[]
  /** The tables of the database. */
  readonly there: ReadonlySet<string>
  table(name: string): RawBuilder<unknown>
}

/** Tables that one statement asks for. */
const AT_ONCE = 200

/** Which of these tables exist, and hold a row. Many are asked for by one statement: one for each would be compiled for each. */
export async function presentIn(
  session: Pick<Session, 'rows'>,
  { names, there, table }: Asked,
): Promise<ReadonlyMap<string, TableState['present']>> {
  const present = new Map<string, TableState['present']>(names.map((name) => [name, 'missing']))
  for (const some of chunks(
    names.filter((name) => there.has(name)),
    AT_ONCE,
  )) {
    const each = some.map((name) => sql`exists (select 1 from ${table(name)})`)
    const [filled = []] = await session.rows(sql`select ${sql.join(each)}`)
    for (const [at, name] of some.entries()) present.set(name, Number(filled[at]) === 1 ? 'rows' : 'empty')
  }
  return present
}

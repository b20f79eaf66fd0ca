import type { TableState } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Session } from '../dialects/dialect.ts'
import { quotedName } from '../values/literal.ts'

interface Asked {
  readonly names: readonly string[]
  /** The tables of the database. */
  readonly there: ReadonlySet<string>
}

/** Tables that one statement asks for. */
const AT_ONCE = 200

/** Which of these tables of SQLite or DuckDB exist, and hold a row. Many are asked for by one statement: one for each would be compiled for each. */
export async function presentIn(
  session: Pick<Session, 'rows'>,
  { names, there }: Asked,
): Promise<ReadonlyMap<string, TableState['present']>> {
  const present = new Map<string, TableState['present']>(names.map((name) => [name, 'missing']))
  for (const some of chunks(
    names.filter((name) => there.has(name)),
    AT_ONCE,
  )) {
    const each = some.map((name) => `exists (select 1 from main.${quotedName(name)})`)
    const [filled = []] = await session.rows(sql`select ${sql.raw(each.join(', '))}`)
    for (const [at, name] of some.entries()) present.set(name, Number(filled[at]) === 1 ? 'rows' : 'empty')
  }
  return present
}

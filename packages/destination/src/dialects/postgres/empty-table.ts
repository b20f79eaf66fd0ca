import { sql } from 'kysely'
import { attempt } from './attempt.ts'
import { isUnsupported } from './errors.ts'
import { presentTables } from './present.ts'
import type { Reserved } from './sessions.ts'

/** Takes all rows out of a table, where there is one that holds some. */
export async function emptyTable(session: Reserved, schema: string, name: string): Promise<void> {
  const present = await presentTables(session, schema, [name])
  if (present.get(name) !== 'rows') return
  const target = sql.id(schema, name)
  // A foreign key of the user's forbids TRUNCATE.
  const quick = await attempt(session, () => sql`truncate ${target}`.execute(session.db), isUnsupported)
  if (!quick.ok) await sql`delete from ${target}`.execute(session.db)
}

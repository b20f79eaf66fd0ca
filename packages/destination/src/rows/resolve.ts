import { SyncError } from '@tidemark/core'
import { sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import { seenVoids, standingFirst } from './precedence.ts'
import { changed, count } from './run.ts'
import { and, list } from './sql.ts'
import type { Writing } from './writing.ts'

/** @throws SyncError `retry` where the database lost what was staged: Postgres gives such tables back empty after a crash. */
export async function checkEntries({ dialect, session, target }: Writing, { table, entries }: Staging): Promise<void> {
  if (!dialect.losesStaging) return
  if ((await count(session, sql`select count(*) from ${table}`)) === entries) return
  throw new SyncError(
    `the server lost staged rows of "${target.layout.name}", as happens in a crash; Tidemark reads them again`,
    'retry',
    { code: 'staging-lost' },
  )
}

/**
 * Leaves one entry per key in a staging table, the winning one, and creates what lookups by key need.
 *
 * @returns how many of them are rows.
 */
export async function resolveEntries({ session, target }: Writing, staging: Staging): Promise<number> {
  const { table, deletions, presentKeys: seen } = staging
  const { key, cursored } = target.layout
  const isUnique = (await session.indexUnique?.(staging)) === true
  if (isUnique && deletions + seen === 0) return staging.entries
  if (!isUnique) {
    // A deletion is void where a newer version came, even one that was rejected: the row exists.
    if (deletions > 0 && seen > 0) {
      const same = and(key.map((name) => sql`n.${sql.id(name)} = d.${sql.id(name)}`))
      await changed(
        session,
        sql`delete from ${table} as d where d._kind = 1 and exists (select 1 from ${table} as n
          where n._kind = 2 and ${same} and ${sql.raw(seenVoids('n._cursor', 'd._cursor'))})`,
      )
    }
    await changed(
      session,
      sql`delete from ${table} where _at in (select _at from (select _at, row_number() over (
        partition by ${list(key)} order by ${standingFirst(target.layout)}) as rank from ${table}) as ranked where rank > 1)`,
    )
    await session.indexStaging(staging)
  }
  // In a full refresh a key that was reported as deleted is a key that did not come.
  if (deletions > 0 && !cursored) await changed(session, sql`delete from ${table} where _kind = 1`)
  return await count(session, sql`select count(*) from ${table} where _kind = 0`)
}

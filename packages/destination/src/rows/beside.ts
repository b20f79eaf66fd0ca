import type { DeletionGuard } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Terms } from '../dialects/terms.ts'
import { replacedRanges } from './deletion-guard.ts'
import { exists } from './run.ts'
import { and } from './sql.ts'
import type { Writing } from './writing.ts'

/** Whether a partition has rows beside those that the run replaces. */
export async function hasBeside(
  { session, target }: Writing,
  deletionGuard: DeletionGuard,
  { partition }: Terms,
): Promise<boolean> {
  const outside = (replacedRanges(deletionGuard) ?? []).map(({ from, to }) => {
    const below = from === undefined ? sql`` : sql` or t._cursor < ${from}`
    return sql`(t._cursor is null${below} or t._cursor >= ${to})`
  })
  const own = target.layout.partitioned ? [sql`t._partition = ${partition}`] : []
  return await exists(
    session,
    sql`select 1 from ${target.table} as t where ${and([sql`t._deleted_at is null`, ...own, ...outside])}`,
  )
}

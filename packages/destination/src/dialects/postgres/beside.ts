import type { Rail } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { replacedRanges } from '../../rows/rail.ts'
import type { Session } from './sessions.ts'
import { and, mainTable, type Named, type Target } from './statements.ts'
import { count } from './write.ts'

/** Whether a partition has rows beside those that the run replaces. */
export async function hasBeside(session: Session, target: Target, rail: Rail, { partition }: Named): Promise<boolean> {
  const outside = (replacedRanges(rail) ?? []).map(({ from, to }) => {
    const below = from === undefined ? sql`` : sql` or t._cursor < ${from}`
    return sql`(t._cursor is null${below} or t._cursor >= ${to})`
  })
  const own = target.layout.partitioned ? [sql`t._partition = ${partition}`] : []
  const some = sql`select from ${mainTable(target)} as t where ${and([sql`t._deleted_at is null`, ...own, ...outside])} limit 1`
  return (await count(session, sql`select count(*) from (${some}) as found`)) > 0
}

import type { Lease } from '@tidemark/core/engine'
import type { Committing } from './committing.ts'
import type { Target } from './dialects/target.ts'
import { droppedIn, takeOutDropped } from './rows/dropped-columns.ts'
import { mayMiss } from './state/feed-record.ts'

/** Columns that the source of a table of a feed has no more are missing of none of its rows from now on. */
export async function forgetDropped(
  { dialect, fenced, read }: Pick<Committing, 'dialect' | 'fenced' | 'read'>,
  lease: Lease,
  target: Target,
): Promise<void> {
  const dropped = await read(async (session) =>
    (await mayMiss(session.db, lease.table)) ? await droppedIn({ dialect, session, target }) : [],
  )
  if (dropped.length === 0) return
  await fenced(lease, { mode: 'write' }, (session, now) => takeOutDropped({ dialect, session, target }, dropped, now))
}

import type { Destination, RunChange, Runner } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { instant } from './run-end.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

// A process that syncs again and again holds nothing between its runs: what it promises is all that is known of it then.

/** A process that syncs on a schedule, as of its last heartbeat. */
export interface WaitingRunner {
  readonly runner: Runner
  readonly everyMs: number
  /** When its next run is due; undefined: it ended of its own accord. */
  readonly dueAt: bigint | undefined
  readonly seenAt: bigint
}

/** One row a process, though each of its runs has a runner of its own. */
export async function recordWaiting(
  db: Kysely<StateDatabase>,
  { id, host, pid, startedAt }: Runner,
  { everyMs, dueAt }: Extract<RunChange, { readonly kind: 'waiting' }>,
  dialect: StateDialect,
): Promise<void> {
  const set = { every_ms: everyMs, due_at: dueAt, heartbeat_at: dialect.now }
  await db
    .updateTable('_tidemark_runners')
    .set({ every_ms: null, due_at: null })
    .where('host', '=', host)
    .where('pid', '=', pid)
    .where('started_at', '=', startedAt)
    .execute()
  await db
    .insertInto('_tidemark_runners')
    .values({ id, host, pid, started_at: startedAt, lease_ms: 0, ...set })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(set))
    .execute()
}

/** Processes that sync again and again, the last to be heard of first. */
export async function listWaitingRunners(destination: Pick<Destination, 'query'>): Promise<readonly WaitingRunner[]> {
  // By their names: an earlier version of the state has fewer columns.
  const { columns, rows } = await destination.query('select * from _tidemark_runners order by heartbeat_at desc')
  return rows.flatMap((values) => {
    const row = Object.fromEntries(columns.map((name, at) => [name, values[at]]))
    if (row['every_ms'] == null) return []
    return [
      {
        runner: {
          id: String(row['id']),
          host: String(row['host']),
          pid: Number(row['pid']),
          startedAt: instant(row['started_at'])!,
        },
        everyMs: Number(row['every_ms']),
        dueAt: instant(row['due_at']),
        seenAt: instant(row['heartbeat_at'])!,
      },
    ]
  })
}

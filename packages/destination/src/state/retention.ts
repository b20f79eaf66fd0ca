import type { Kysely } from 'kysely'
import { foldRecords, pruneFolded } from './fold-records.ts'
import { pruneLogs } from './run-log.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

const DAY = 86_400_000_000n
/** Runs are kept so long, */
const KEPT_FOR = 90n * DAY
/** and the newest ones, however old they are. */
const KEPT_RUNS = 1000
/** At most so many go at once: a run may have many steps, and who starts one does not wait for long. */
const AT_ONCE = 100

/** Forgets runners that are long dead, and old runs with their steps; folds what others left that changed nothing. */
export async function prune(db: Kysely<StateDatabase>, flavor: StateDialect, now: bigint): Promise<void> {
  await foldRecords(db, flavor)
  await pruneLogs(db, flavor, now)
  await pruneFolded(db, now - KEPT_FOR)
  await db
    .deleteFrom('_tidemark_runners')
    .where('heartbeat_at', '<', now - DAY)
    // What a process promised that is no more is known as long as its runs are.
    .where((where) => where.or([where('every_ms', 'is', null), where('heartbeat_at', '<', now - KEPT_FOR)]))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('_tidemark_leases')
            .select('id')
            .whereRef('_tidemark_leases.runner', '=', '_tidemark_runners.id'),
        ),
      ),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('_tidemark_window_leases')
            .select('id')
            .whereRef('_tidemark_window_leases.runner', '=', '_tidemark_runners.id'),
        ),
      ),
    )
    .execute()
  const newest = await db
    .selectFrom('_tidemark_runs')
    .select('run')
    .orderBy('run', 'desc')
    .offset(KEPT_RUNS)
    .limit(1)
    .executeTakeFirst()
  if (newest === undefined) return
  const old = await db
    .selectFrom('_tidemark_runs')
    .select('run')
    .where('run', '<=', newest.run)
    .where('started_at', '<', now - KEPT_FOR)
    // A run may be as long as that: it is still running, and so are its steps.
    .where((where) =>
      where.or([
        where('ended_at', 'is not', null),
        where.not(
          where.exists(
            where
              .selectFrom('_tidemark_runners')
              .select('id')
              .whereRef('_tidemark_runners.id', '=', '_tidemark_runs.runner'),
          ),
        ),
      ]),
    )
    .orderBy('run')
    .limit(AT_ONCE)
    .execute()
  if (old.length === 0) return
  const runs = old.map(({ run }) => run)
  await db.deleteFrom('_tidemark_steps').where('run', 'in', runs).execute()
  await db.deleteFrom('_tidemark_runs').where('run', 'in', runs).execute()
}

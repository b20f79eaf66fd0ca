import type { StateChange } from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import { OVERCOME, setPartition } from './partition-record.ts'
import type { StateDatabase } from './state-types.ts'
import { recordStep } from './step-record.ts'
import { setStatus } from './table-status.ts'

type Db = Kysely<StateDatabase>
type Of<K extends StateChange['kind']> = Extract<StateChange, { readonly kind: K }>

const NOTHING = { read: 0, deduped: 0, trimmed: 0, rejected: 0, written: 0, unchanged: 0, deleted: 0 }

/** A step failed: its record says so, and with it its partition and its table. */
export async function recordFailure(db: Db, name: string, change: Of<'failure'>, now: bigint): Promise<void> {
  const { step, counts, error, window } = change
  await recordStep(db, step, {
    counts: { ...NOTHING, ...counts },
    batches: 0,
    endedAt: now,
    durationMs: change.durationMs,
    writingMs: 0,
    error,
  })
  await setPartition(db, name, step.partition, {
    last_error: error,
    error_code: change.code ?? null,
    error_remedy: change.remedy ?? null,
    failed_from: window?.from ?? null,
    failed_to: window?.to ?? null,
    next_try_at: change.nextTryAt,
  })
  await db
    .updateTable('_tidemark_partitions')
    .set({ failures: sql`failures + 1` })
    .where('name', '=', name)
    .where('partition', '=', step.partition)
    .execute()
  await setStatus(db, name, 'failing')
}

/** What was asked for is as fresh as the question. */
export async function recordChecked(db: Db, name: string, change: Of<'checked'>): Promise<void> {
  const { at, partitions, overcome, status } = change
  const own = () => db.updateTable('_tidemark_partitions').where('name', '=', name)
  for (const some of chunks(overcome)) await own().set(OVERCOME).where('partition', 'in', some).execute()
  for (const some of chunks(partitions)) await own().set({ checked_at: at }).where('partition', 'in', some).execute()
  await setStatus(db, name, status)
}

/** The table fails as a whole, and is known from now on where it was not. */
export async function recordTableFailure(
  db: Db,
  name: string,
  change: Of<'table-failure'>,
  now: bigint,
): Promise<void> {
  const { step, failure, source, table } = change
  const record = { counts: NOTHING, batches: 0, endedAt: now, durationMs: 0, writingMs: 0, error: failure.message }
  await recordStep(db, step, record)
  const set = {
    status: 'failing',
    last_error: failure.message,
    error_code: failure.code,
    error_remedy: failure.remedy,
    next_try_at: failure.nextTryAt,
  }
  await db
    .insertInto('_tidemark_tables')
    .values({
      name,
      source,
      table_name: table,
      reshape_allowed: 0,
      ever_filled: 0,
      first_seen_at: now,
      failures: 1,
      ...set,
    })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ failures: sql`coalesce(_tidemark_tables.failures, 0) + 1`, ...set }),
    )
    .execute()
}

/** The table can be asked for and prepared again. */
export async function recordTableWorks(db: Db, name: string, { status }: Of<'table-works'>): Promise<void> {
  const { failures: _, failed_from: __, failed_to: ___, ...none } = OVERCOME
  await db
    .updateTable('_tidemark_tables')
    .set({ failures: null, ...none })
    .where('name', '=', name)
    .execute()
  await setStatus(db, name, status)
}

import { SyncError } from '@tidemark/core'
import {
  failpoint,
  type Lease,
  type Project,
  type RecordedSchema,
  type RunChange,
  type Runner,
  type StateChange,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import { askAhead, askReread } from './ask-reread.ts'
import { closeCrashedRuns } from './crashed-runs.ts'
import { recordSource } from './failing-sources.ts'
import { recordChecked, recordFailure, recordTableFailure, recordTableWorks } from './failure-record.ts'
import type { StateDialect } from './flavor.ts'
import type { LeaseOptions } from './lease-options.ts'
import { cover, setPartition } from './partition-record.ts'
import { prune } from './retention.ts'
import { parseFacts } from './state-read.ts'
import type { StateDatabase } from './state-tables.ts'
import { recordStarted } from './step-record.ts'
import { setStatus } from './table-status.ts'
import { recordWaiting } from './waiting-runners.ts'

type Db = Kysely<StateDatabase>

/**
 * The first statement of every transaction that writes a table: it stops a runner whose table another one took over.
 *
 * @returns the database's clock, and how many transactions the lease has seen with this one. @throws SyncError code `fenced`.
 */
export async function fence(
  db: Db,
  lease: Lease,
  runner: Runner,
  flavor: StateDialect,
): Promise<{ readonly now: bigint; readonly commits: bigint }> {
  const rows = await db
    .updateTable('_tidemark_leases')
    .set({ commits: sql`commits + 1` })
    .where('id', '=', lease.id)
    .where('runner', '=', runner.id)
    .where('fence', '=', lease.fence)
    .returning([flavor.now.as('now'), 'commits'])
    .execute()
  const [row] = rows
  if (rows.length === 1 && row !== undefined) {
    failpoint('after-fence')
    return { now: BigInt(row.now), commits: BigInt(row.commits) }
  }
  throw fenced(lease)
}

function fenced({ table }: Lease): SyncError {
  return new SyncError(
    `another runner took the table "${table}" over, because this one was silent for too long; nothing of this part was written`,
    'retry',
    { code: 'fenced' },
  )
}

/**
 * How many transactions a lease has seen; waits for one that is still on its way. On Postgres, where the answer to COMMIT
 * can be lost. @throws SyncError code `fenced`.
 */
export async function stillHeld(db: Db, lease: Lease, runner: Runner): Promise<bigint> {
  const row = await db
    .selectFrom('_tidemark_leases')
    .select('commits')
    .where('id', '=', lease.id)
    .where('runner', '=', runner.id)
    .where('fence', '=', lease.fence)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw fenced(lease)
  return BigInt(row.commits)
}

/** Records a fact about a table, inside a fenced transaction. */
export async function recordFact(db: Db, name: string, fact: StateChange, now: bigint): Promise<void> {
  switch (fact.kind) {
    case 'table': {
      const set = {
        status: fact.status,
        paused_for: fact.pausedFor,
        ...(fact.status === 'removed' ? {} : { removed_at: null }),
      }
      await db
        .insertInto('_tidemark_tables')
        .values({ name, source: '', table_name: '', reshape_allowed: 0, ever_filled: 0, first_seen_at: now, ...set })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(set))
        .execute()
      if (fact.status !== 'paused' && fact.status !== 'removed') await setStatus(db, name, fact.status)
      return
    }
    case 'partition':
      await setPartition(db, name, fact.partition, {
        ...(fact.backfillEnd === undefined ? {} : { cut: fact.backfillEnd }),
        ...(fact.pendingRevision === undefined
          ? {}
          : { seen: fact.pendingRevision.text, pending_revision_end: fact.pendingRevision.end }),
        ...(fact.start === undefined ? {} : { start_position: fact.start }),
        ...(fact.removed === false ? { removed_at: null } : {}),
        ...(fact.generation === undefined ? {} : { generation: fact.generation }),
        ...(fact.unread === undefined
          ? {}
          : { too_young: fact.unread.tooYoung ?? null, without_cursor: fact.unread.withoutCursor ?? null }),
      })
      if (fact.removed === true) await markGone(db, name, fact.partition, now)
      return
    case 'checked':
      await recordChecked(db, name, fact)
      return
    case 'reports-deletions':
      await db.updateTable('_tidemark_tables').set({ reports_deletions: 1 }).where('name', '=', name).execute()
      return
    case 'undeclared': {
      const undeclared = fact.fields.length === 0 ? null : JSON.stringify(fact.fields)
      await db.updateTable('_tidemark_tables').set({ undeclared }).where('name', '=', name).execute()
      return
    }
    case 'assume':
      await setPartition(db, name, fact.partition, {})
      await cover(db, name, fact.partition, fact.cover, 1)
      return
    case 'resync':
      await setPartition(db, name, fact.partition, {})
      await askReread(db, name, fact, now)
      return
    case 'columns-read':
      await readColumns(db, name, fact.columns)
      return
    case 'ahead':
      await askAhead(db, name, fact, now)
      return
    case 'drop-rejects':
      for (const ids of chunks(fact.ids))
        await db.deleteFrom('_tidemark_rejects').where('name', '=', name).where('id', 'in', ids).execute()
      return
    case 'started':
      await recordStarted(db, fact.step)
      return
    case 'failure':
      await recordFailure(db, name, fact, now)
      return
    case 'table-failure':
      await recordTableFailure(db, name, fact, now)
      return
    case 'table-works':
      await recordTableWorks(db, name, fact)
  }
}

/** Columns are late no more. */
async function readColumns(db: Db, name: string, read: readonly string[]): Promise<void> {
  const facts = await factsOfTable(db, name)
  if (facts === undefined) return
  const columns = facts.columns.map(({ addedLater, ...column }) =>
    addedLater === undefined || read.includes(column.name) ? column : { ...column, addedLater },
  )
  await db
    .updateTable('_tidemark_tables')
    .set({ schema: JSON.stringify({ ...facts, columns }) })
    .where('name', '=', name)
    .execute()
}

/** The source no longer lists a partition; when that was first seen is kept. */
async function markGone(db: Db, name: string, partition: string, now: bigint): Promise<void> {
  await db
    .updateTable('_tidemark_partitions')
    .set({ removed_at: now })
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('removed_at', 'is', null)
    .execute()
}

/** Registers a run, ends those whose runners are gone, and forgets what is too old to be asked for. */
export async function startRun(db: Db, options: LeaseOptions): Promise<number> {
  const { runner, flavor } = options
  const row = await db
    .insertInto('_tidemark_runs')
    .values({ runner: runner.id, host: runner.host, pid: runner.pid, started_at: flavor.now })
    .returning(['run', 'started_at'])
    .executeTakeFirstOrThrow()
  const now = BigInt(row.started_at)
  await closeCrashedRuns(db, now, options)
  await prune(db, now)
  return Number(row.run)
}

export interface RunFactOptions {
  readonly runner: Runner
  readonly flavor: StateDialect
  readonly project?: Project | undefined
}

export async function recordRunFact(db: Db, run: number, fact: RunChange, options: RunFactOptions): Promise<void> {
  const { runner, flavor } = options
  switch (fact.kind) {
    case 'ended':
      await db
        .updateTable('_tidemark_runs')
        .set({
          ended_at: flavor.now,
          exit_code: fact.exitCode,
          error: fact.error ?? null,
          ended_by: fact.endedBy ?? null,
        })
        .where('run', '=', run)
        .execute()
      return
    case 'checked':
      for (const [name, at] of fact.tables)
        await db
          .updateTable('_tidemark_tables')
          .set({ last_checked_at: at })
          .where('name', '=', name)
          .where((where) => where.or([where('last_checked_at', 'is', null), where('last_checked_at', '<', at)]))
          .execute()
      return
    case 'source':
      await recordSource(db, fact, options)
      return
    case 'stopping':
      await db.updateTable('_tidemark_runs').set({ ended_by: fact.endedBy }).where('run', '=', run).execute()
      return
    case 'waiting':
      await recordWaiting(db, runner, fact, flavor)
      return
    case 'removed':
      await db
        .updateTable('_tidemark_tables')
        .set({ status: 'removed', removed_at: flavor.now })
        .where('name', '=', fact.table)
        .where('status', '!=', 'removed')
        .execute()
      return
    case 'runner-gone':
      await db
        .updateTable('_tidemark_leases')
        .set({ runner: null, since: null })
        .where('runner', '=', runner.id)
        .execute()
      await db.deleteFrom('_tidemark_runners').where('id', '=', runner.id).execute()
  }
}

/** Forgets what is known of a table and lets the next `prepare` give it another shape. */
export async function forget(db: Db, name: string): Promise<void> {
  for (const table of [
    '_tidemark_coverage',
    '_tidemark_resyncs',
    '_tidemark_partitions',
    '_tidemark_rejects',
  ] as const) {
    await db.deleteFrom(table).where('name', '=', name).execute()
  }
  await db
    .updateTable('_tidemark_tables')
    .set({
      status: 'new',
      reshape_allowed: 1,
      identity: null,
      ever_filled: 0,
      paused_for: null,
      last_synced_at: null,
      last_checked_at: null,
      undeclared: null,
      reports_deletions: null,
      failures: null,
      last_error: null,
      error_code: null,
      error_remedy: null,
      next_try_at: null,
      cursor_type: null,
    })
    .where('name', '=', name)
    .execute()
}

/** The recorded contract of a table; undefined where it was never prepared. */
export async function factsOfTable(db: Db, name: string): Promise<RecordedSchema | undefined> {
  const row = await db.selectFrom('_tidemark_tables').select('schema').where('name', '=', name).executeTakeFirst()
  return row?.schema == null ? undefined : parseFacts(name, row.schema)
}

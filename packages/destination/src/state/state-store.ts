import type { Project, RecordedSchema, RunChange, Runner, StateChange } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { chunks } from '../chunks.ts'
import { closeCrashedRuns } from './crashed-runs.ts'
import { recordSource } from './failing-sources.ts'
import { recordChecked, recordFailure, recordTableFailure, recordTableWorks } from './failure-record.ts'
import { recordChunks } from './feed-chunks.ts'
import { recordBacklog, recordEnded } from './feed-record.ts'
import type { LeaseOptions } from './lease-options.ts'
import { recordPages } from './pages.ts'
import { cover, setPartition } from './partition-record.ts'
import { askAhead, requestResync } from './request-resync.ts'
import { prune } from './retention.ts'
import { recordLog } from './run-log.ts'
import type { StateDialect } from './state-dialect.ts'
import { parseFacts } from './state-read.ts'
import type { StateDatabase } from './state-types.ts'
import { recordStarted } from './step-record.ts'
import { setStatus } from './table-status.ts'
import { recordWaiting } from './waiting-runners.ts'

type Db = Kysely<StateDatabase>

/** Records a state change of a table, inside a fenced transaction. */
export async function recordFact(db: Db, name: string, change: StateChange, now: bigint): Promise<void> {
  switch (change.kind) {
    case 'table': {
      const set = {
        status: change.status,
        paused_for: change.pausedFor,
        ...(change.status === 'removed' ? {} : { removed_at: null }),
      }
      await db
        .insertInto('_tidemark_tables')
        .values({ name, source: '', table_name: '', reshape_allowed: 0, ever_filled: 0, first_seen_at: now, ...set })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(set))
        .execute()
      if (change.status !== 'paused' && change.status !== 'removed') await setStatus(db, name, change.status)
      return
    }
    case 'decision':
      await db.insertInto('_tidemark_changes').values({ name, change: change.text, changed_at: now }).execute()
      return
    case 'partition':
      await setPartition(db, name, change.partition, {
        ...(change.backfillEnd === undefined ? {} : { backfill_end: change.backfillEnd }),
        ...(change.pendingRevision === undefined
          ? {}
          : { pending_revision: change.pendingRevision.text, pending_revision_end: change.pendingRevision.end }),
        ...(change.start === undefined ? {} : { start_position: change.start }),
        ...(change.removed === false ? { removed_at: null } : {}),
        ...(change.generation === undefined ? {} : { generation: change.generation }),
        ...(change.unread === undefined
          ? {}
          : { too_young: change.unread.tooYoung ?? null, without_cursor: change.unread.withoutCursor ?? null }),
      })
      if (change.removed === true) await markGone(db, name, change.partition, now)
      return
    case 'checked':
      await recordChecked(db, name, change)
      return
    case 'pass-completed':
      if (change.revision !== undefined)
        await setPartition(db, name, change.partition, {
          revision: change.revision.text,
          revision_schema_hash: change.revision.schemaHash,
        })
      return
    case 'reports-deletions':
      await db.updateTable('_tidemark_tables').set({ reports_deletions: 1 }).where('name', '=', name).execute()
      return
    case 'chunks':
      await recordChunks(db, name, change)
      return
    case 'undeclared': {
      const undeclared = change.fields.length === 0 ? null : JSON.stringify(change.fields)
      await db.updateTable('_tidemark_tables').set({ undeclared }).where('name', '=', name).execute()
      return
    }
    case 'assume':
      await setPartition(db, name, change.partition, {})
      await cover(db, name, change.partition, change.cover, 1)
      return
    case 'resync':
      await setPartition(db, name, change.partition, {})
      await requestResync(db, name, change, now)
      return
    case 'columns-read':
      await readColumns(db, name, change.columns)
      return
    case 'ahead':
      await askAhead(db, name, change, now)
      return
    case 'drop-rejects':
      for (const ids of chunks(change.ids))
        await db.deleteFrom('_tidemark_rejects').where('name', '=', name).where('id', 'in', ids).execute()
      return
    case 'started':
      await recordStarted(db, change.step)
      return
    case 'failure':
      await recordFailure(db, name, change, now)
      return
    case 'table-failure':
      await recordTableFailure(db, name, change, now)
      return
    case 'table-works':
      await recordTableWorks(db, name, change)
  }
}

/** Columns are late no more. */
async function readColumns(db: Db, name: string, read: readonly string[]): Promise<void> {
  const recorded = await factsOfTable(db, name)
  if (recorded === undefined) return
  const columns = recorded.columns.map(({ addedLater, ...column }) =>
    addedLater === undefined || read.includes(column.name) ? column : { ...column, addedLater },
  )
  await db
    .updateTable('_tidemark_tables')
    .set({ schema: JSON.stringify({ ...recorded, columns }) })
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

/** Registers a run, ends those whose runners have crashed, and deletes records past their retention. */
export async function startRun(db: Db, options: LeaseOptions): Promise<number> {
  const { runner, flavor: dialect } = options
  const row = await db
    .insertInto('_tidemark_runs')
    .values({ runner: runner.id, host: runner.host, pid: runner.pid, started_at: dialect.now })
    .returning(['run', 'started_at'])
    .executeTakeFirstOrThrow()
  const now = BigInt(row.started_at)
  await closeCrashedRuns(db, now, options)
  await prune(db, dialect, now)
  return Number(row.run)
}

export interface RunFactOptions {
  readonly runner: Runner
  readonly flavor: StateDialect
  readonly project?: Project | undefined
}

export async function recordRunFact(db: Db, run: number, change: RunChange, options: RunFactOptions): Promise<void> {
  const { runner, flavor: dialect } = options
  switch (change.kind) {
    case 'ended':
      await db
        .updateTable('_tidemark_runs')
        .set({
          ended_at: dialect.now,
          exit_code: change.exitCode,
          error: change.error ?? null,
          ended_by: change.endedBy ?? null,
        })
        .where('run', '=', run)
        .execute()
      return
    case 'checked':
      for (const [name, at] of change.tables)
        await db
          .updateTable('_tidemark_tables')
          .set({ last_checked_at: at })
          .where('name', '=', name)
          .where((where) => where.or([where('last_checked_at', 'is', null), where('last_checked_at', '<', at)]))
          .execute()
      return
    case 'source':
      await recordSource(db, change, options)
      return
    case 'stopping':
      await db.updateTable('_tidemark_runs').set({ ended_by: change.endedBy }).where('run', '=', run).execute()
      return
    case 'waiting':
      await recordWaiting(db, runner, change, dialect)
      return
    case 'feed-backlog':
      await recordBacklog(db, change)
      return
    case 'feed-ended':
      await recordEnded(db, change.feed)
      return
    case 'logged':
      await recordLog(db, dialect, run, change)
      return
    case 'pages':
      await recordPages(db, dialect, change.pages)
      return
    case 'removed':
      await db
        .updateTable('_tidemark_tables')
        .set({ status: 'removed', removed_at: dialect.now })
        .where('name', '=', change.table)
        .where('status', '!=', 'removed')
        .execute()
      return
    case 'runner-gone':
      await db
        .updateTable('_tidemark_leases')
        .set({ runner: null, since: null })
        .where('runner', '=', runner.id)
        .execute()
      await db.deleteFrom('_tidemark_window_leases').where('runner', '=', runner.id).execute()
      await db.deleteFrom('_tidemark_runners').where('id', '=', runner.id).execute()
  }
}

/** Forgets what is known of a table and lets the next `prepare` give it another shape. */
export async function forget(db: Db, name: string): Promise<void> {
  for (const table of [
    '_tidemark_coverage',
    '_tidemark_refreshed_ranges',
    '_tidemark_chunks',
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
      feed: null,
      since_seq: null,
      epoch_seq: null,
      backfilled_seq: null,
      has_missing: null,
    })
    .where('name', '=', name)
    .execute()
}

/** The recorded contract of a table; undefined where it was never prepared. */
export async function factsOfTable(db: Db, name: string): Promise<RecordedSchema | undefined> {
  const row = await db.selectFrom('_tidemark_tables').select('schema').where('name', '=', name).executeTakeFirst()
  return row?.schema == null ? undefined : parseFacts(name, row.schema)
}

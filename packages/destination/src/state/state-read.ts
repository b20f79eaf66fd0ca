import { SyncError } from '@tidemark/core'
import {
  newPartition,
  type PartitionState,
  type Project,
  quotedCommand,
  RecordedSchema,
  type State,
  stateOf,
  TableState,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { readFailingSources } from './failing-sources.ts'
import { type ChunkCount, countChunks } from './feed-chunks.ts'
import { readFeeds } from './feed-record.ts'
import { readRefreshed } from './refreshed-ranges.ts'
import type { StateDialect } from './state-dialect.ts'
import type { Int64, StateDatabase } from './state-types.ts'

type Present = TableState['present']

// A column that an earlier version of the state has not is absent.
const position = (value: Int64 | null | undefined) => (value == null ? null : BigInt(value))

function failureIn(row: StateDatabase['_tidemark_tables']): unknown {
  const failures = Number(row.failures ?? 0)
  if (failures === 0) return undefined
  return {
    failures,
    message: row.last_error ?? '',
    code: row.error_code ?? null,
    remedy: row.error_remedy ?? null,
    nextTryAt: position(row.next_try_at),
  }
}

function fedIn(
  { feed, since_seq, epoch_seq, backfilled_seq, has_missing }: StateDatabase['_tidemark_tables'],
  chunks: ChunkCount | undefined,
): object {
  if (feed == null) return {}
  const [sinceSeq, epochSeq, backfilledSeq] = [since_seq, epoch_seq, backfilled_seq].map(position)
  return {
    fed: {
      feed,
      sinceSeq,
      epochSeq,
      backfilledSeq,
      chunks: chunks ?? null,
      hasMissing: Number(has_missing ?? 0) === 1,
    },
  }
}

/** What the state is read by: a connection that knows which tables hold rows. */
interface StateSession {
  readonly db: Kysely<StateDatabase>
  present(names: readonly string[]): ReadonlyMap<string, Present> | Promise<ReadonlyMap<string, Present>>
}

export interface StateQuestion {
  readonly project: Project | undefined
  /** Tables that are asked for; absent: all. */
  readonly only: readonly string[] | undefined
}

/** What is known, by destination table name, as a project sees it. What does not parse names its table. */
export async function readState(
  session: StateSession,
  dialect: StateDialect,
  { project, only }: StateQuestion,
): Promise<State> {
  const { db } = session
  const found = db.selectFrom('_tidemark_tables').selectAll().orderBy('name')
  const tables = await (only === undefined ? found : found.where('name', 'in', [...only])).execute()
  const there = await session.present(tables.map(({ name }) => name))
  const partitions = await readPartitions(db, dialect, only)
  // Chunks are of tables that feeds tell, and so are feeds.
  const isFed = tables.some(({ feed }) => feed != null)
  const chunks = isFed ? await countChunks(db, dialect, only) : new Map<string, ChunkCount>()
  const states = new Map<string, TableState>()
  for (const row of tables) {
    const state: unknown = {
      name: row.name,
      source: row.source,
      table: row.table_name,
      status: row.status,
      // After a reset the shape is free: there is nothing to compare it with.
      schema: row.schema === null || Number(row.reshape_allowed) === 1 ? null : jsonIn(row.name, row.schema),
      identity: row.identity,
      everFilled: Number(row.ever_filled) === 1,
      present: there.get(row.name) ?? 'missing',
      pausedFor: row.paused_for,
      firstSeenAt: position(row.first_seen_at),
      lastSyncedAt: position(row.last_synced_at),
      lastCheckedAt: position(row.last_checked_at),
      undeclared: row.undeclared == null ? [] : jsonIn(row.name, row.undeclared),
      project: row.project ?? null,
      ...(Number(row.reports_deletions ?? 0) === 1 ? { reportsDeletions: true } : {}),
      removedAt: position(row.removed_at),
      ...fedIn(row, chunks.get(row.name)),
      failure: failureIn(row),
      partitions: partitions.get(row.name) ?? new Map(),
    }
    const parsed = TableState.safeParse(state)
    if (!parsed.success) throw damaged(row.name, parsed.error)
    states.set(row.name, parsed.data)
  }
  return {
    ...stateOf(states, project),
    ...(isFed || only === undefined ? await readFeeds(db, dialect, project) : {}),
    ...(await readFailingSources(db, dialect, project)),
  }
}

interface Ranges {
  readonly name: string
  readonly partition: string
  readonly assumed: Int64
  /** `from to,from to`; an open start is empty. */
  readonly ranges: string
}

/** Coverage in one row a partition: a million ranges as rows of their own would take seconds to fetch. */
async function readCoverage(
  db: Kysely<StateDatabase>,
  dialect: StateDialect,
  only: readonly string[] | undefined,
): Promise<readonly Ranges[]> {
  const where = only === undefined ? sql`` : sql`where name in (${sql.join(only)})`
  const range = sql<string>`coalesce(cast(from_position as text), '') || ' ' || cast(to_position as text)`
  const query = sql<Ranges>`select name, partition, assumed, ${dialect.joined(range)} as ranges
    from _tidemark_coverage ${where} group by name, partition, assumed order by name, partition, assumed`
  return (await query.execute(db)).rows
}

type Draft = { -readonly [K in keyof PartitionState]: PartitionState[K] }

async function readPartitions(
  db: Kysely<StateDatabase>,
  dialect: StateDialect,
  only: readonly string[] | undefined,
): Promise<ReadonlyMap<string, Map<string, PartitionState>>> {
  const tables = new Map<string, Map<string, Draft>>()
  const partitionOf = (name: string, partition: string): Draft => {
    let partitions = tables.get(name)
    if (partitions === undefined) {
      partitions = new Map()
      tables.set(name, partitions)
    }
    let state = partitions.get(partition)
    if (state === undefined) {
      state = { ...newPartition(partition), covered: [], refreshed: [], resyncs: [] }
      partitions.set(partition, state)
    }
    return state
  }
  const partitions = db.selectFrom('_tidemark_partitions').selectAll()
  for (const row of await (only === undefined ? partitions : partitions.where('name', 'in', [...only])).execute()) {
    const state = partitionOf(row.name, row.partition)
    state.backfillEnd = position(row.backfill_end)
    state.start = position(row.start_position)
    state.completedAt = position(row.completed_at)
    state.revision = row.revision === null ? null : { text: row.revision, schemaHash: row.revision_schema_hash ?? '' }
    state.pendingRevision =
      row.pending_revision === null ? null : { text: row.pending_revision, end: BigInt(row.pending_revision_end ?? 0) }
    state.failures = Number(row.failures)
    state.nextTryAt = position(row.next_try_at)
    state.lastError = row.last_error
    state.errorCode = row.error_code ?? null
    state.errorRemedy = (row.error_remedy ?? null) as PartitionState['errorRemedy']
    state.failedWindow = row.failed_to == null ? null : { from: position(row.failed_from), to: BigInt(row.failed_to) }
    state.checkedAt = position(row.checked_at)
    state.removedAt = position(row.removed_at)
    state.generation = row.generation ?? null
    state.tooYoung = row.too_young == null ? null : Number(row.too_young)
    state.withoutCursor = row.without_cursor == null ? null : Number(row.without_cursor)
  }
  for (const row of await readCoverage(db, dialect, only)) {
    const { covered } = partitionOf(row.name, row.partition)
    const assumed = Number(row.assumed) === 1
    for (const range of row.ranges.split(',')) {
      const at = range.indexOf(' ')
      covered.push({
        from: at === 0 ? undefined : BigInt(range.slice(0, at)),
        to: BigInt(range.slice(at + 1)),
        assumed,
      })
    }
  }
  for (const { name, partition, range } of await readRefreshed(db, dialect, only))
    partitionOf(name, partition).refreshed.push(range)
  const resyncs = db.selectFrom('_tidemark_resyncs').selectAll().orderBy('id')
  for (const row of await (only === undefined ? resyncs : resyncs.where('name', 'in', [...only])).execute()) {
    partitionOf(row.name, row.partition).resyncs.push({
      id: Number(row.id),
      from: position(row.from_position),
      to: position(row.to_position),
      askedAt: BigInt(row.requested_at),
      reason: row.reason,
    })
  }
  return tables
}

/** A recorded schema as it was stored. */
export function parseFacts(name: string, text: string): RecordedSchema {
  try {
    return RecordedSchema.parse(JSON.parse(text))
  } catch (error) {
    throw damaged(name, error)
  }
}

function jsonIn(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw damaged(name, error)
  }
}

function damaged(name: string, cause: unknown): SyncError {
  return new SyncError(
    `the state of the table "${name}" cannot be read: it was modified outside Tidemark; restore a copy of the database, or resync the table with ${quotedCommand('resync', [name], '--full')}`,
    'fix-config',
    { code: 'destination-corrupt', cause },
  )
}

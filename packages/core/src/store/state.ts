import { z } from 'zod'
import { textAt } from '../contract/cursor.ts'
import { REMEDIES } from '../contract/error.ts'
import { COLUMN_TYPES, CURSOR_TYPES } from '../values/column-types.ts'
import { FedTable, type FeedState } from './feed-state.ts'

/**
 * The state model: what is known of every table and partition, stored in the destination beside the rows. What is read
 * from a database is parsed with these schemas, because it may have been modified outside Tidemark.
 */

/** The version of the state tables; a runner refuses a newer one. */
export const STATE_VERSION = 6
/** The oldest version that read-only commands read as it is: a runner of that version may still be running. */
export const OLDEST_READABLE_STATE: number = 4

export const TableStatus = z.enum(['new', 'backfilling', 'complete', 'failing', 'paused', 'removed', 'returned'])
export type TableStatus = z.infer<typeof TableStatus>

/** A 64-bit position as a destination gives it back. */
const Position = z.bigint()

/** A column as stored in the destination: the source's name for it, the destination's, and its type there. */
export const KnownColumn = z.object({
  name: z.string(),
  column: z.string(),
  type: z.enum(COLUMN_TYPES),
  /** It was added to a table that had rows, and is NULL in those: it was not backfilled. */
  addedLater: z.literal(true).optional(),
})
export type KnownColumn = z.infer<typeof KnownColumn>

/** A table's contract as it was last prepared. A change of key, cursor or system needs a decision. */
export const RecordedSchema = z.object({
  columns: z.array(KnownColumn),
  primaryKey: z.array(z.string()),
  globalKey: z.boolean(),
  partitioned: z.boolean(),
  /** A feed tells its rows: it has the column `_missing`. */
  fed: z.literal(true).optional(),
  /** It has the column `_run`. */
  runs: z.literal(true).optional(),
  /** Names that the table had before, by its contract. */
  aliases: z.array(z.string()).optional(),
  /**
   * A hash of the contract and the settings by which the table is planned: who reads it by others reads other rows. Absent where its
   * source finds its columns at run time.
   */
  hash: z.string().optional(),
  /** The length of its windows, in units of the cursor's position; null: they are not cut. Absent: prepared before this was recorded. */
  window: z
    .string()
    .regex(/^[1-9]\d*$/)
    .nullable()
    .optional(),
  cursor: z
    .object({
      column: z.string(),
      type: z.enum(CURSOR_TYPES),
      precision: z.int().nullable(),
    })
    .nullable(),
})
export type RecordedSchema = z.infer<typeof RecordedSchema>

/** A requested resync: a range of the cursor, or the whole partition if `to` is null. */
export const RequestedResync = z.object({
  id: z.int(),
  from: Position.nullable(),
  to: Position.nullable(),
  /** By the destination's clock, in microseconds; a step that began later clears it. */
  askedAt: Position,
  reason: z.string(),
})
export type RequestedResync = z.infer<typeof RequestedResync>

/** The reason of resyncs that follow the clock up to a covered end that was ahead of it. */
export const AHEAD = 'a clock was ahead'

/** A committed range, in the form that coverage is reckoned in: an open start is undefined. */
export const CoveredRange = z.object({
  from: z.custom<bigint | undefined>((value) => value === undefined || typeof value === 'bigint'),
  to: Position,
  assumed: z.boolean(),
})

/** A range of keys that an incomplete full refresh has committed. */
export const RefreshedRange = z.object({
  /** An open start or end is null. */
  from: Position.nullable(),
  to: Position.nullable(),
  /** When it was read, by the destination's clock; of several that were joined, the first. */
  readAt: Position,
  /** As in `RefreshPart`. */
  version: z.string(),
  /** The revision under which it was read; null: none, or more than one. */
  revision: z.string().nullable(),
  /** Rows that were marked as deleted in it. */
  deleted: z.int(),
  /** Which of its rows were deleted could not be told, because the key of a rejected row could not be read. */
  deletionsUnknown: z.boolean(),
})
export type RefreshedRange = z.infer<typeof RefreshedRange>

/** The string by which a source says that nothing changed, and what it is valid for. */
export const Revision = z.object({
  text: z.string(),
  /** A hash of the contract and the overrides that the revision was committed under; another one voids it. */
  schemaHash: z.string(),
})
export type Revision = z.infer<typeof Revision>

/** The fix that a failure needs, as recorded; null if it is older than this record. */
const KnownRemedy = z.enum(REMEDIES).nullable()

/** A failure of a table as a whole: its source could not be asked for it, or the destination cannot take its shape. */
export const TableFailure = z.object({
  /** In a row. */
  failures: z.int(),
  message: z.string(),
  code: z.string().nullable(),
  remedy: KnownRemedy,
  nextTryAt: Position.nullable(),
})
export type TableFailure = z.infer<typeof TableFailure>

export const PartitionState = z.object({
  /** The partition's id; '' where the table has none. */
  partition: z.string(),
  /** The end of the backfill, set when the partition was first seen: what is above is incremental, what is below is backfill. */
  backfillEnd: Position.nullable(),
  /** Where its backfill starts, as last planned; null: an open start. With the coverage it says whether the backfill is complete. */
  start: Position.nullable(),
  /** When it was last read completely, in microseconds; only of tables without a cursor. */
  completedAt: Position.nullable(),
  revision: Revision.nullable(),
  /** The revision last seen, and the end before the minimum age at which it was first seen. */
  pendingRevision: z.object({ text: z.string(), end: Position }).nullable(),
  failures: z.int(),
  nextTryAt: Position.nullable(),
  lastError: z.string().nullable(),
  errorCode: z.string().nullable(),
  errorRemedy: KnownRemedy,
  /** What could not be read when it failed: it fails until all of this is read. Null: no window is known. */
  failedWindow: z.object({ from: Position.nullable(), to: Position }).nullable(),
  /** When its source was last asked and all that it had by then was read, by the destination's clock. */
  checkedAt: Position.nullable(),
  removedAt: Position.nullable(),
  /** What the source calls this copy of the table's data; another one means that it was replaced as a whole. */
  generation: z.string().nullable(),
  /** Rows that the source has and no window holds, as it counted them last; null where it cannot count. */
  tooYoung: z.int().nullable(),
  withoutCursor: z.int().nullable(),
  covered: z.array(CoveredRange),
  /** What of a full refresh by key ranges is committed, while it is not complete. */
  refreshed: z.array(RefreshedRange),
  resyncs: z.array(RequestedResync),
})
export type PartitionState = z.infer<typeof PartitionState>

export const TableState = z.object({
  /** The table's name in the destination, its identity in the state. */
  name: z.string(),
  /** The configured source that it comes from, and its name there. */
  source: z.string(),
  table: z.string(),
  status: TableStatus,
  schema: RecordedSchema.nullable(),
  /** Which system it was read from. */
  identity: z.string().nullable(),
  /** Whether rows were ever written. */
  everFilled: z.boolean(),
  /** What the destination has now: a table that was filled and is empty or missing needs a decision. */
  present: z.enum(['rows', 'empty', 'missing']),
  pausedFor: z.string().nullable(),
  firstSeenAt: Position,
  lastSyncedAt: Position.nullable(),
  /** When the source was last asked for all of its partitions and had no more than was read. */
  lastCheckedAt: Position.nullable(),
  /** Fields that rows had and the source does not declare. */
  undeclared: z.array(z.string()),
  /** The project that syncs this table; null where it was synced before projects were recorded. */
  project: z.string().nullable(),
  /** The source reports deleted rows, or has reported some; otherwise only a resync finds them in a table with a cursor. */
  reportsDeletions: z.boolean().optional(),
  removedAt: Position.nullable(),
  /** Its feed; absent: it is read by windows, or as a whole. */
  fed: FedTable.optional(),
  failure: TableFailure.optional(),
  partitions: z.map(z.string(), PartitionState),
})
export type TableState = z.infer<typeof TableState>

/** What went wrong, and what it asks for. */
export type KnownFailure = Pick<TableFailure, 'message' | 'code' | 'remedy'>

/** A source that cannot be asked for its tables: how often in a row (0: it has not answered yet), since when, and why. */
export const SourceFailure = TableFailure.omit({ nextTryAt: true }).extend({ failedAt: Position })
export type SourceFailure = z.infer<typeof SourceFailure>

/** What asking a source for its tables came to. */
export interface SourceFact {
  readonly kind: 'source'
  readonly source: string
  /** What went wrong; undefined: nothing, or the source is not in the config any more. */
  readonly failure: KnownFailure | undefined
  /** It has not answered yet: it is listed among the failing, and this does not count as a failure. */
  readonly isSilent?: true | undefined
}

/** Everything that is known, by destination table name. */
export interface State {
  readonly tables: ReadonlyMap<string, TableState>
  /** By `feedKey`. Absent: there is no feed. */
  readonly feeds?: ReadonlyMap<string, FeedState> | undefined
  /** Sources that could not be asked when they were last, by name. Absent: all could. */
  readonly failingSources?: ReadonlyMap<string, SourceFailure> | undefined
  /** Tables of other projects in the same database: they are left alone. Absent: there are no such tables. */
  readonly others?: ReadonlyMap<string, TableState> | undefined
}

/** The state of a partition that was never seen. */
export function newPartition(partition: string): PartitionState {
  return {
    partition,
    backfillEnd: null,
    start: null,
    completedAt: null,
    revision: null,
    pendingRevision: null,
    failures: 0,
    nextTryAt: null,
    lastError: null,
    errorCode: null,
    errorRemedy: null,
    failedWindow: null,
    checkedAt: null,
    removedAt: null,
    generation: null,
    tooYoung: null,
    withoutCursor: null,
    covered: [],
    refreshed: [],
    resyncs: [],
  }
}

/** The partitions of a table that its source still lists. */
export function listedPartitions(table: Pick<TableState, 'partitions'> | undefined): readonly PartitionState[] {
  return [...(table?.partitions.values() ?? [])].filter(({ removedAt }) => removedAt === null)
}

/** A position of a known table as text; undefined where it has no cursor. */
export function positionText(table: Pick<TableState, 'schema'> | undefined, position: bigint): string | undefined {
  const cursor = table?.schema?.cursor
  return cursor == null ? undefined : textAt(position, { type: cursor.type, precision: cursor.precision ?? undefined })
}

/** Whether a partition fails; one that the source no longer lists is not read, so it fails no more. */
export function isFailing({ failures, removedAt }: Pick<PartitionState, 'failures' | 'removedAt'>): boolean {
  return failures > 0 && removedAt === null
}

import { type Batch, type Completion, type Range, type StepRef, subtract } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { recordChunkRead } from './feed-chunks.ts'
import { countFailuresAfresh, cover, overcome, type PartitionFacts, setPartition } from './partition-record.ts'
import { addRefreshed, forgetRefreshed } from './refreshed-ranges.ts'
import { resyncsIn } from './requested-resyncs.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'
import { setStatus } from './table-status.ts'

type Db = Kysely<StateDatabase>

/** How the rows of a batch got into their table. */
export interface Manner {
  readonly now: bigint
  /** What was there in the step's window was replaced. */
  readonly replaced: boolean
  /** The pass could not tell which rows were deleted: it does not clear a resync, and is not a complete pass. */
  readonly deletionsUnknown: boolean
  /** Rows that were marked as deleted or replaced away. */
  readonly deleted: number
  readonly lock: StateDialect['lock']
}

/**
 * Commits what a batch completes: coverage or the full refresh, resyncs cleared, revision, status.
 *
 * @returns whether what it is a part of is complete with it: false for a key range of a full refresh that has others left.
 */
export async function complete(db: Db, batch: Batch, manner: Manner): Promise<boolean> {
  const { now, replaced, deletionsUnknown, lock } = manner
  const { step, completes } = batch
  if (completes === undefined) return false
  if (step.keyRange !== undefined && completes.last) return await completeKeyRange(db, { step, completes }, manner)
  const { table: name, partition } = step
  if (completes.chunk !== undefined) {
    if (completes.chunk.ordinal !== undefined) await recordChunkRead(db, name, completes.chunk.ordinal)
    await synced(db, name, completes, now)
    return false
  }
  const facts: PartitionFacts = {}
  if (completes.cover !== undefined) await cover(db, name, partition, completes.cover, 0)
  else if (step.window === undefined) {
    facts.completed_at = step.beganAt
    await forgetRefreshed(db, name, partition)
  }
  if (completes.checkedAt !== undefined) facts.checked_at = completes.checkedAt
  if (completes.last) {
    // What of the partition can be read is read as often as before, also while something else of it fails.
    if (completes.failing === true) await countFailuresAfresh(db, name, partition)
    else await overcome(db, name, partition, completes.overcomes)
    // A step that read nothing, because the revision said so, answers no resync and no reject.
    if (step.kind !== 'unchanged') {
      const again = replaced || step.kind === 'resync' || step.kind === 'full_refresh'
      if (!deletionsUnknown) await deleteAnsweredResyncs(db, step, { again, covered: completes.cover, lock })
      await strikeRejects(db, step)
    }
  }
  if (completes.revision !== undefined && !deletionsUnknown) {
    facts.revision = completes.revision.text
    facts.revision_schema_hash = completes.revision.schemaHash
  }
  await setPartition(db, name, partition, facts)
  await synced(db, name, completes, now)
  return true
}

/**
 * Commits a key range of a full refresh. When its ranges hold all keys, the full refresh is complete, as of the first of
 * them; resyncs requested before that are cleared then. A revision holds for the whole alone: until then none is committed.
 */
async function completeKeyRange(
  db: Db,
  { step, completes }: { readonly step: StepRef; readonly completes: Completion },
  { now, deletionsUnknown, deleted, lock }: Manner,
): Promise<boolean> {
  const { table: name, partition } = step
  // Before its ranges are read: whoever else commits one waits here.
  await setPartition(db, name, partition, {
    revision: null,
    revision_schema_hash: null,
  })
  if (completes.failing === true) await countFailuresAfresh(db, name, partition)
  else await overcome(db, name, partition, completes.overcomes)
  await strikeRejects(db, step)
  const whole = await addRefreshed(db, { step, completes, deleted, deletionsUnknown })
  if (whole !== undefined) {
    const { completedAt, revision } = whole
    const { checkedAt } = completes
    // Whatever range failed is read by now, also where the last of them were committed at the same time.
    await overcome(db, name, partition)
    await strikeKeyless(db, step, completedAt)
    if (!whole.deletionsUnknown)
      await deleteAnsweredResyncs(db, { ...step, beganAt: completedAt }, { again: true, covered: undefined, lock })
    await setPartition(db, name, partition, {
      completed_at: completedAt,
      // It was asked then; what was read before that is as old as it is.
      ...(checkedAt === undefined ? {} : { checked_at: earlier(checkedAt, completedAt) }),
      ...(revision === undefined || whole.deletionsUnknown
        ? {}
        : { revision, revision_schema_hash: completes.revision?.schemaHash ?? null }),
    })
  }
  const status = whole === undefined ? (completes.refresh?.unfinished ?? completes.status) : completes.status
  await synced(db, name, { ...completes, status }, now)
  return whole !== undefined
}

const earlier = (a: bigint, b: bigint): bigint => (b < a ? b : a)

export async function synced(
  db: Db,
  name: string,
  { status, undeclared }: Pick<Completion, 'status' | 'undeclared'>,
  now: bigint,
): Promise<void> {
  await setStatus(db, name, status, {
    last_synced_at: now,
    ...(undeclared === undefined ? {} : { undeclared: undeclared.length === 0 ? null : JSON.stringify(undeclared) }),
  })
}

/**
 * Clears the resyncs that a step has done: what it read again, where deleted rows were marked as well, and what it covered. The
 * lookback of an ordinary step marks nothing, so it answers nothing.
 */
async function deleteAnsweredResyncs(
  db: Db,
  step: StepRef,
  { again, covered, lock }: Pick<Manner, 'lock'> & { readonly again: boolean; readonly covered: Range | undefined },
): Promise<void> {
  const whole = again && step.window === undefined
  const done = [again ? step.window : undefined, covered].filter((range) => range !== undefined)
  const find = () => resyncsIn(db, step, whole ? undefined : done)
  let rows = await find()
  if (rows.length === 0) return
  // Steps of other windows may answer pieces of the same request: one after another, and each what the one before left.
  await db
    .selectFrom('_tidemark_partitions')
    .select('name')
    .where('name', '=', step.table)
    .where('partition', '=', step.partition)
    .modifyEnd(lock.noKeyUpdate)
    .execute()
  rows = await find()
  for (const row of rows) {
    const from = row.from_position === null ? undefined : BigInt(row.from_position)
    const wanted = row.to_position === null ? [] : [{ from, to: BigInt(row.to_position) }]
    const left = whole ? [] : subtract(wanted, done)
    if (left.length === 1 && left[0]!.from === from && left[0]!.to === wanted[0]!.to) continue
    await db.deleteFrom('_tidemark_resyncs').where('id', '=', row.id).execute()
    const { name, partition, requested_at, reason } = row
    for (const { from, to } of left) {
      const piece = { name, partition, requested_at, reason, from_position: from ?? null, to_position: to }
      await db.insertInto('_tidemark_resyncs').values(piece).execute()
    }
  }
}

/** Removes what earlier steps rejected where this one has read: what is still bad was rejected again. */
async function strikeRejects(db: Db, { run, step, table, partition, window, keyRange }: StepRef): Promise<void> {
  const { from, to } = window ?? keyRange ?? {}
  let earlier = db
    .deleteFrom('_tidemark_rejects')
    .where('name', '=', table)
    .where('partition', '=', partition)
    .where((where) => where.or([where('run', '!=', run), where('step', '!=', step)]))
  if (keyRange !== undefined) earlier = earlier.where('position', 'is not', null)
  if (to !== undefined) earlier = earlier.where('position', '<', to)
  if (from !== undefined) earlier = earlier.where('position', '>=', from)
  await earlier.execute()
}

/** Removes what was rejected before a full refresh and lies in no key range, because its key could not be read. */
async function strikeKeyless(db: Db, { table, partition }: StepRef, before: bigint): Promise<void> {
  await db
    .deleteFrom('_tidemark_rejects')
    .where('name', '=', table)
    .where('partition', '=', partition)
    .where('position', 'is', null)
    .where('rejected_at', '<', before)
    .execute()
}

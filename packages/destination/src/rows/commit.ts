import { type Batch, type Committed, failpoint, type Lease, type Reject } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { isOf, type Staging } from '../dialects/staging.ts'
import { complete } from '../state/completion.ts'
import type { StateDialect } from '../state/state-dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'
import { recordRejects, recordStep } from '../state/step-record.ts'
import { placedByKey } from './place-rejects.ts'
import { pastLimit } from './reject-limit.ts'
import { rowsIn } from './rows-in.ts'
import type { TableWriter } from './table-writer.ts'

export interface CommitInput {
  readonly db: Kysely<StateDatabase>
  /** Undefined where the table was not prepared: no rows may come. */
  readonly writer: TableWriter | undefined
  readonly lease: Lease
  readonly batch: Batch
  /** How rows of the state are locked. */
  readonly lock: StateDialect['lock']
  /** The stamp of this transaction. */
  readonly now: bigint
  /** The staging table of the batch's partition. */
  readonly staging: Staging | undefined
  /** What else is done in the transaction where the step completes. */
  readonly within?: (() => Promise<void>) | undefined
  /** The number of the one that is made where it is missing. */
  readonly freeSlot: () => number
}

/** What is true once the transaction is committed. */
export interface CommitOutput {
  readonly committed: Committed
  readonly staging: Staging | undefined
}

/** Writes one batch, behind its fence and inside its transaction. */
export async function commitPart(input: CommitInput): Promise<CommitOutput> {
  const { db, batch, now } = input
  const { step, counts } = batch
  const startedAt = performance.now()
  // First of all: the limit of rejects looks at them too.
  const { layout } = input.writer ?? {}
  await recordRejects(db, step, placedByKey(batch.rejects, step, layout), now)
  const {
    written,
    unchanged,
    deleted,
    deduped,
    rejects,
    withheld: held,
    deletionsUnknown = false,
    overLimit,
    lateRows,
    missing,
    staging,
  } = await writeRows(input)
  failpoint('after-rows')
  await recordRejects(db, step, placedByKey(rejects, step, layout), now)
  failpoint('after-rejects')
  const isDone = held === undefined && overLimit === undefined && missing === undefined
  const completes = isDone ? batch.completes : undefined
  const ends = batch.completes?.last === true && missing === undefined
  await recordStep(db, step, {
    counts: {
      read: counts.read,
      written,
      unchanged,
      deduped: counts.deduped + deduped,
      trimmed: counts.trimmed,
      rejected: counts.rejected + rejects.length,
      deleted,
    },
    batches: batch.number,
    endedAt: ends ? now : undefined,
    durationMs: batch.durationMs,
    writingMs: performance.now() - startedAt,
    error: held === undefined ? overLimit : `deletions withheld: ${held.deleted} of ${held.of} rows would be deleted`,
  })
  const replaced = batch.staging === 'move' && layout?.key.length === 0
  const isWhole =
    completes !== undefined &&
    (await complete(db, { ...batch, completes }, { now, replaced, deletionsUnknown, deleted, lock: input.lock }))
  const purged = isWhole && completes.purge ? await purgeRows(input.writer, step.partition) : 0
  await recordFilled(input, { written, removed: deleted + purged })
  if (completes?.last === true) await input.within?.()
  return {
    committed: {
      written,
      unchanged,
      deleted,
      deduped,
      rejected: rejects.length,
      ...(lateRows === undefined ? {} : { lateRows }),
      ...(missing === undefined ? {} : { missing }),
      ...(held === undefined ? {} : { withheld: held }),
      ...(deletionsUnknown && completes !== undefined ? { deletionsUnknown } : {}),
      ...(isWhole && step.keyRange !== undefined ? { refreshed: true } : {}),
      ...(overLimit === undefined ? {} : { overLimit: true }),
    },
    staging,
  }
}

interface Rows {
  readonly written: number
  readonly unchanged: number
  readonly deleted: number
  readonly deduped: number
  readonly rejects: readonly Reject[]
  readonly lateRows?: Committed['lateRows']
  readonly withheld?: Committed['withheld']
  readonly deletionsUnknown?: boolean
  readonly missing?: number | undefined
  /** For people: how many rows too many were rejected. */
  readonly overLimit?: string | undefined
  readonly staging: Staging | undefined
}

async function writeRows(input: CommitInput): Promise<Rows> {
  const { writer, lease, batch, now, staging: before } = input
  if (writer === undefined) {
    if (rowsIn(batch) + batch.deletions.length === 0 && batch.staging === undefined)
      return { ...NONE, overLimit: await pastLimit({ ...input, refused: 0 }), staging: before }
    throw new Error(`the table "${lease.table}" was not prepared before its rows arrived`)
  }
  if (batch.staging === undefined) {
    const { written, deduped, deleted, rejects, lateRows } = await writer.write(batch, now)
    const over = before !== undefined && batch.completes?.last === true && isOf(before, batch.step)
    if (over) await writer.dropStaging(before)
    return {
      ...NONE,
      written,
      deduped,
      deleted,
      rejects,
      lateRows,
      unchanged: rowsIn(batch) - deduped - written - rejects.length,
      overLimit: await pastLimit({ ...input, refused: rejects.length }),
      staging: over ? undefined : before,
    }
  }
  const { staging, rejects } = await writer.fill({
    lease,
    batch,
    before,
    slot: batch.number === 1 || before === undefined ? input.freeSlot() : before.slot,
  })
  if (batch.staging === 'fill') return { ...NONE, rejects, staging }
  const rows = await moveWithin(writer, input, staging, rejects)
  if (rows.missing !== undefined) return { ...rows, staging }
  await writer.dropStaging(staging)
  return rows
}

const NONE = { written: 0, unchanged: 0, deleted: 0, deduped: 0, rejects: [] }

/** Moves a staging table, unless its rows, or those that the database refuses then, are past the limit of rejects. */
async function moveWithin(
  writer: TableWriter,
  input: CommitInput,
  staging: Staging,
  rejects: readonly Reject[],
): Promise<Rows> {
  const { lease, batch, now } = input
  const before = await pastLimit({ ...input, refused: rejects.length })
  if (before !== undefined) return { ...NONE, rejects, overLimit: before, staging: undefined }
  const moved = async () => {
    const { rejects: refused, ...rows } = await writer.move({ lease, batch, staging, now })
    const all = [...rejects, ...refused]
    const overLimit = refused.length === 0 ? undefined : await pastLimit({ ...input, refused: all.length })
    return overLimit === undefined
      ? { keep: true, value: { ...rows, rejects: all, staging: undefined } }
      : { keep: false, value: { ...NONE, rejects: all, overLimit, staging: undefined } }
  }
  return batch.rejectLimit === undefined ? (await moved()).value : await writer.tentatively<Rows>(moved)
}

/** Removes the marked rows of a partition, where a pass that is complete says so. */
export async function purgePartition(
  input: Pick<CommitInput, 'db' | 'writer' | 'lease'>,
  partition: string,
): Promise<void> {
  await recordFilled(input, { written: 0, removed: await purgeRows(input.writer, partition) })
}

export async function purgeRows(writer: TableWriter | undefined, partition: string): Promise<number> {
  return writer === undefined || writer.layout.key.length === 0 ? 0 : await writer.purge(partition)
}

/** A table that our own commit emptied is no longer one that must hold rows. */
export async function recordFilled(
  { db, writer, lease }: Pick<CommitInput, 'db' | 'writer' | 'lease'>,
  { written, removed }: { readonly written: number; readonly removed: number },
): Promise<void> {
  if (writer === undefined || written + removed === 0) return
  const everFilled = removed > 0 && (await writer.holds(1)) === 0 ? 0 : 1
  await db
    .updateTable('_tidemark_tables')
    .set({ ever_filled: everFilled })
    .where('name', '=', lease.table)
    .where('ever_filled', '!=', everFilled)
    .execute()
}

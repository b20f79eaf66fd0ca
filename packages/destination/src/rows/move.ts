import type { Batch, DeletionGuard, Lease } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import type { Order, Terms } from '../dialects/terms.ts'
import { type DeletedBefore, readDeletedBefore } from '../state/deleted-before.ts'
import { waitForLimitTurn } from '../state/limit-turn.ts'
import { identifying } from '../table/columns.ts'
import { hasBeside } from './beside.ts'
import { type Held, heldBy } from './deletion-guard.ts'
import { applyDeletions } from './deletions.ts'
import type { Moved } from './filling.ts'
import { mergeRows, raiseEqual } from './merge.ts'
import { countMissing } from './missing.ts'
import { replaceRows } from './replace.ts'
import { checkEntries, resolveEntries } from './resolve.ts'
import { changed, count, exists } from './run.ts'
import { moveStaged } from './slices.ts'
import { list } from './sql.ts'
import { followSeen, markVanished } from './statements.ts'
import { inScope, keyTerms, termsOf } from './step-terms.ts'
import { moveAll } from './write-fed.ts'
import type { Writing } from './writing.ts'

export interface Move {
  readonly lease: Lease
  readonly batch: Batch
  readonly staging: Staging
  readonly now: bigint
}

/** Moves a staging table into its table: changed rows are written, what did not come back is marked or replaced. */
export async function move(writing: Writing, { lease, batch, staging, now }: Move): Promise<Moved> {
  const { dialect, session, target } = writing
  const { layout } = target
  const { step, deletionGuard, tombstones } = batch
  const terms = { ...termsOf(dialect, { step }, now), keys: keyTerms(target, step) }
  // Beside a chunk its feed has told rows, and says itself which of those before are gone.
  if (layout.fed && layout.key.length === 0) return { ...NOTHING_MOVED, ...(await moveAll(writing, staging, terms)) }
  await checkEntries(writing, staging)
  const deletionsUnknown = deletionGuard?.markDeleted === false || staging.deletionsUnknown
  const before = async () => {
    await waitForLimitTurn(session.db, lease, dialect.flavor.lock)
    return await readDeletedBefore(session.db, batch, layout.key.length > 0)
  }
  if (layout.key.length === 0)
    return await replaceRows(writing, { staging, terms, deletionGuard, before, deletionsUnknown })

  if (step.kind === 'full_refresh' && staging.deletions === 0) {
    const written =
      (await session.finishEarlyInsert?.(target, staging)) ?? (await moveWhereNoneIs(writing, staging, terms))
    if (written !== undefined) return { ...NOTHING_MOVED, written, deletionsUnknown }
  }
  const resync = step.kind === 'resync'
  if (resync && terms.read !== undefined) await session.indexPositions(target, lease.id)
  const { table } = staging
  if (deletionGuard?.ask === true && !deletionsUnknown) {
    await session.indexStaging(staging)
    const missing = await countMissing(writing, staging, terms)
    if (missing > 0) return { ...NOTHING_MOVED, missing }
  }
  const staged = await resolveEntries(writing, staging)
  const deletions = sql`(select * from ${table} where _kind = 1)`
  const deleted = staging.deletions === 0 ? 0 : await applyDeletions(writing, deletions, { terms, tombstones })
  // Before the rows are written: new ones would make the share that goes look smaller.
  const marks = (resync || step.kind === 'full_refresh') && !deletionsUnknown
  const vanished = marks
    ? await markGone(writing, table, { terms, deletionGuard, before, onlyBefore: resync })
    : { marked: 0 }
  if (resync && layout.cursored && staging.presentKeys > 0)
    await changed(session, followSeen(target, sql`(select * from ${table} where _kind = 2)`, terms))

  const order: Order = resync ? 'resync' : layout.cursored ? 'ordered' : 'any'
  const { written, rejects } = await moveStaged(writing, staging, async (rows, isWide) => {
    const count =
      isWide && session.writeWide !== undefined
        ? await session.writeWide(target, rows, { order, terms })
        : await changed(session, mergeRows(dialect, target, rows, order, terms))
    if (layout.fed) await changed(session, raiseEqual(dialect, target, rows, terms))
    return count
  })
  return {
    written,
    unchanged: staged - written - rejects.length,
    deduped: staging.rows - staged,
    deleted: deleted + vanished.marked,
    rejects,
    withheld: vanished.withheld,
    deletionsUnknown,
  }
}

/**
 * Moves what is read for the first time: nothing that is there can be newer, gone or the same.
 *
 * @returns how many rows; undefined: some are there, or came twice, and nothing was moved.
 */
async function moveWhereNoneIs(
  { session, target }: Writing,
  staging: Staging,
  terms: Terms,
): Promise<number | undefined> {
  if (session.insertNew === undefined) return undefined
  const { layout, table } = target
  // Under a global key the rows may be those of any partition.
  const scope = layout.globalKey ? sql`true` : inScope(layout, terms)
  // By the key, or a table of many partitions might be read from its beginning.
  const rows = sql`select 1 from ${table} as t where ${scope} order by ${list(identifying(layout), 't')}`
  return (await exists(session, rows)) ? undefined : await session.insertNew(target, staging, terms)
}

const NOTHING_MOVED: Moved = { written: 0, unchanged: 0, deduped: 0, deleted: 0, rejects: [] }

interface Marking {
  readonly terms: Terms
  readonly deletionGuard: DeletionGuard | undefined
  readonly before: () => Promise<DeletedBefore>
  /** Only rows that were synced before the step began. */
  readonly onlyBefore: boolean
}

/** Marks what did not come back, unless that is more than the deletion limit lets pass. */
async function markGone(
  writing: Writing,
  staging: RawBuilder<unknown>,
  { terms, deletionGuard, before, onlyBefore }: Marking,
): Promise<{ readonly marked: number; readonly withheld?: Held }> {
  const { session, target } = writing
  return await session.tentatively(async () => {
    const gone = await changed(session, markVanished(target, staging, terms, onlyBefore))
    // Those just marked no longer count as unmarked, so they are added.
    const live = async (where: RawBuilder<unknown>, most: number | undefined) => {
      const rows = sql`select 1 from ${target.table} as t where ${where} and t._deleted_at is null`
      const some = most === undefined ? rows : sql`${rows} limit ${sql.lit(most)}`
      return gone + (await count(session, sql`select count(*) from (${some}) as counted`))
    }
    const held = await heldBy(deletionGuard, {
      deleted: gone,
      before,
      // A range of keys may well vanish, such as the oldest: it is judged as a part of its partition.
      ofScope: (most) => live(inScope(target.layout, { ...terms, keys: undefined }), most),
      ofTable: (most) => live(sql`true`, most),
      leavesNone: async () =>
        !(await exists(session, sql`select 1 from ${staging} where _kind in (0, 2)`)) &&
        !(await hasBeside(writing, deletionGuard!, terms)),
    })
    return { keep: held === undefined, value: held === undefined ? { marked: gone } : { marked: 0, withheld: held } }
  })
}

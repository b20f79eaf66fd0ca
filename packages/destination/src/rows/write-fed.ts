import type { Committed, FeedTableBatch, Reject } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import type { Terms } from '../dialects/terms.ts'
import { dataColumns, type Layout, MISSING } from '../table/columns.ts'
import { heldBy } from './deletion-guard.ts'
import { applyDeletions } from './deletions.ts'
import { keyAndPosition, keyRow } from './key-row.ts'
import { LateRowCounter } from './late-row-counter.ts'
import { appendRows, sameKey, stamped } from './merge.ts'
import { rejectOf } from './refused.ts'
import { checkEntries } from './resolve.ts'
import { changed, count } from './run.ts'
import { moveStaged } from './slices.ts'
import { removeMarked } from './statements.ts'
import { termsOf } from './step-terms.ts'
import { type CompletedRow, fillPartial } from './whole-rows.ts'
import type { Writing } from './writing.ts'

/** The changes of one table in a batch of its feed. */
export interface FedWriting {
  readonly changes: FeedTableBatch
  /** The number of the commit. */
  readonly seq: bigint
  /** When the table's present life began. */
  readonly epoch: bigint
  readonly now: bigint
}

/** What was written of them. */
export interface FedWritten {
  readonly written: number
  readonly unchanged: number
  readonly deleted: number
  readonly incomplete: number
  readonly rejects: readonly Reject[]
  readonly withheld?: Committed['withheld']
  /** Keys of which nothing is open any more: their versions before say nothing, nor do rejects of those. */
  settled(): readonly (readonly unknown[])[]
}

/** Writes changes of a table that has a key. */
export async function writeFed(writing: Writing, { changes, seq, epoch, now }: FedWriting): Promise<FedWritten> {
  const { dialect, session, target } = writing
  const { layout } = target
  const { step, rows, partial, deletions } = changes
  const terms = termsOf(dialect, { step }, now)
  const there = changes.replacedBelow === undefined ? 0 : await countLive(writing)
  const filled = await fillPartial(writing, partial, epoch)
  const all = filled.length === 0 ? rows : [...rows, ...filled.map(({ row }) => row)]
  const { written, refused } =
    all.length === 0
      ? { written: 0, refused: [] }
      : await session.write(
          target,
          { step, rows: all as FeedTableBatch['rows'] },
          { now, terms, lateRows: new LateRowCounter(undefined, terms) },
        )
  const left = new Set(refused.map(({ row }) => row))
  const marked = await markMissing(
    writing,
    filled.filter(({ row }) => !left.has(row)),
    terms,
  )
  const doubted = await doubt(
    writing,
    refused.map(({ row }) => layout.keyAt.map((at) => row[at])),
    seq,
  )
  const keys = deletions.map((key) => keyAndPosition(key, seq))
  const told =
    keys.length === 0
      ? 0
      : await session.withKeys(target, keys, async (source) => {
          const marked = await applyDeletions(writing, source, { terms, tombstones: changes.tombstones === true })
          if (changes.purge) await changed(session, removeMarked(target, source))
          return marked
        })
  const { deleted: replaced, withheld } = await replaceBelow(writing, changes, { terms, there: there - told })
  return {
    written,
    unchanged: all.length - written - refused.length,
    deleted: told + replaced,
    incomplete: marked + doubted,
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, dialect.canonical)),
    withheld,
    settled: () => {
      const whole = filled.filter(({ missing }) => missing.length === 0).map(({ row }) => row)
      const written = [...rows, ...whole].filter((row) => !left.has(row))
      return [...written.map((row) => layout.keyAt.map((at) => row[at])), ...deletions]
    },
  }
}

/** Adds rows to a table without a key: those of a batch, or those that were staged up to now. */
export async function appendFed(
  writing: Writing,
  { changes, now }: FedWriting,
  staging: Staging | undefined,
): Promise<FedWritten> {
  const { dialect, session, target } = writing
  const { layout } = target
  const { step, rows } = changes
  const terms = termsOf(dialect, { step }, now)
  const there = changes.replacedBelow === undefined ? 0 : await countLive(writing)
  const added = staging === undefined ? await append() : await moveAll(writing, staging, terms)
  const { deleted: replaced, withheld } = await replaceBelow(writing, changes, { terms, there })
  return { ...added, unchanged: 0, deleted: replaced, incomplete: 0, withheld, settled: () => [] }

  async function append(): Promise<Pick<FedWritten, 'written' | 'rejects'>> {
    if (rows.length === 0) return { written: 0, rejects: [] }
    const lateRows = new LateRowCounter(undefined, terms)
    const { written, refused } = await session.write(target, { step, rows }, { now, terms, lateRows })
    return { written, rejects: refused.map(({ row, error }) => rejectOf(layout, row, error, dialect.canonical)) }
  }
}

/** Adds rows that were staged to a table without a key. */
export async function moveAll(
  writing: Writing,
  staging: Staging,
  terms: Terms,
): Promise<Pick<FedWritten, 'written' | 'rejects'>> {
  const { session, target } = writing
  await checkEntries(writing, staging)
  return await moveStaged(writing, staging, async (source, isWide) =>
    isWide && session.writeWide !== undefined
      ? await session.writeWide(target, source, { order: 'any', terms })
      : await changed(session, appendRows(target, source, terms)),
  )
}

/** Notes what is missing of versions that were just written, and hides those of which no row was known. @returns how many. */
async function markMissing(
  { session, target }: Writing,
  filled: readonly CompletedRow[],
  { now, partition }: Terms,
): Promise<number> {
  const { layout, table } = target
  const some = filled.filter(({ missing }) => missing.length > 0)
  const groups = Map.groupBy(some, ({ missing, isHidden }) => JSON.stringify([missing, isHidden]))
  for (const group of groups.values()) {
    const { missing, isHidden } = group[0]!
    const hidden = isHidden ? sql`, _deleted_at = ${now}` : sql``
    const keys = group.map(({ row }) => keyRow(layout, row))
    await session.withKeys(target, keys, (source) =>
      changed(
        session,
        sql`update ${table} as t set ${sql.id(MISSING)} = ${JSON.stringify(missing)}${hidden} from ${source} as s
          where ${sameKey(layout, { partition })}`,
      ),
    )
  }
  return some.length
}

/**
 * Notes of the rows whose newer versions the database refused that no value of them is sure any more: a later change that tells a part would
 * keep what was there before. They are where the refused versions are. @returns how many there are.
 */
async function doubt(
  { session, target }: Writing,
  refused: readonly (readonly unknown[])[],
  seq: bigint,
): Promise<number> {
  const { layout, table } = target
  const names = dataColumns(layout).filter((name) => !layout.key.includes(name))
  if (refused.length === 0 || names.length === 0) return 0
  const isThere = sql`(t._deleted_at is null or t.${sql.id(MISSING)} is not null)`
  const keys = refused.map((key) => keyAndPosition(key, seq))
  return await session.withKeys(target, keys, (source) =>
    changed(
      session,
      sql`update ${table} as t set ${sql.id(MISSING)} = ${JSON.stringify(names)}, _cursor = s._cursor from ${source} as s
        where ${sameKey(layout, { partition: sql`${''}` })} and ${isThere}`,
    ),
  )
}

interface Replacing {
  readonly terms: Terms
  /** Rows that were live before this batch, without those that it deletes by their keys. */
  readonly there: number
}

/** Deletes the rows that were told before a number, unless those are more than the deletion limit lets pass. */
async function replaceBelow(
  writing: Writing,
  { replacedBelow, deletionLimit }: FeedTableBatch,
  { terms, there }: Replacing,
): Promise<{ readonly deleted: number; readonly withheld?: Committed['withheld'] }> {
  if (replacedBelow === undefined) return { deleted: 0 }
  const { session, target } = writing
  const { layout, table } = target
  const below = sql`(_cursor >= ${replacedBelow}) is not true`
  const deleted = await changed(
    session,
    isKeyless(layout)
      ? sql`delete from ${table} where ${below}`
      : sql`update ${table} set _deleted_at = ${terms.now}, ${stamped(layout, terms)}, ${sql.id(MISSING)} = null
        where _deleted_at is null and ${below}`,
  )
  if (!isKeyless(layout))
    await changed(
      session,
      sql`update ${table} set ${stamped(layout, terms)}, ${sql.id(MISSING)} = null
      where ${sql.id(MISSING)} is not null and ${below}`,
    )
  const guard = deletionLimit && { markDeleted: true, limit: deletionLimit, deletedBefore: 0 }
  const withheld = await heldBy(guard, {
    deleted,
    before: async () => ({ inTable: 0, inRanges: 0 }),
    ofScope: () => there,
    ofTable: () => there,
    leavesNone: async () => (await countLive(writing)) === 0,
  })
  return { deleted, withheld }
}

const isKeyless = ({ key }: Layout) => key.length === 0

async function countLive({ session, target }: Writing): Promise<number> {
  return await count(session, sql`select count(*) from ${target.table} where _deleted_at is null`)
}

import { type FeedTableBatch, isPastRejectLimit, type RejectTally, unfitText } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { StateDatabase } from '../state/state-types.ts'

type Db = Kysely<StateDatabase>

const HOUR = 3_600_000_000n

export interface FedRejects {
  readonly db: Db
  /** Its rows are written, and its rejects recorded; its step is not. */
  readonly batch: FeedTableBatch
  /** Why the database refused rows of it, each. */
  readonly refused: readonly string[]
  /** The stamp of the transaction. */
  readonly now: bigint
}

/**
 * Whether so many rows of a feed's table do not fit that it is paused. A feed that is read to its end each second has few
 * rows in each step, so its steps of the last hour are judged together as well.
 *
 * @returns why, for people.
 */
export async function pastFedLimit(rejects: FedRejects): Promise<string | undefined> {
  const { db, batch: part, refused, now } = rejects
  const { rejectLimit: limit, counts } = part
  const rejected = counts.rejected + refused.length
  if (limit === undefined || rejected === 0) return undefined
  const before = await ownTally(db, part)
  const step = { rows: before.rows + counts.read, rejected: before.rejected + rejected }
  const holdsRows = step.rejected < step.rows || (await wasEverFilled(db, part))
  const why = refused.at(-1) ?? part.rejects.at(-1)?.message
  if (isPastRejectLimit({ step, holdsRows }, limit)) return `${unfitText(step)}: ${why}`
  const hour = await hourTally(db, part, now)
  if (!isPastRejectLimit({ step: hour, holdsRows: true }, limit)) return undefined
  return `${unfitText(hour, 'rows of the last hour')}: ${why}`
}

/** Whether rows of the table fitted before this batch: what is hidden of rejected ones is no sign of that. */
async function wasEverFilled(db: Db, { step }: FeedTableBatch): Promise<boolean> {
  const row = await db
    .selectFrom('_tidemark_tables')
    .select('ever_filled')
    .where('name', '=', step.table)
    .executeTakeFirst()
  return Number(row?.ever_filled ?? 0) === 1
}

/** What the batches before this one have recorded for its step. */
async function ownTally(db: Db, { step }: FeedTableBatch): Promise<RejectTally> {
  const row = await db
    .selectFrom('_tidemark_steps')
    .select(['rows_read as rows', 'rows_rejected as rejected'])
    .where('run', '=', step.run)
    .where('step', '=', step.step)
    .executeTakeFirst()
  return { rows: Number(row?.rows ?? 0), rejected: Number(row?.rejected ?? 0) }
}

/**
 * Rows of the steps that began within the hour, this one with them, and how many of them stay rejected: of a row that comes
 * again in each run (a bookmark that includes its bound) and of a key that changes each time one counts. What was before
 * the table was paused is settled by its resync.
 */
async function hourTally(db: Db, { step, counts }: FeedTableBatch, now: bigint): Promise<RejectTally> {
  const steps = db.selectFrom('_tidemark_steps').where('name', '=', step.table).where('kind', '=', 'changes')
  const paused = await steps
    .select((select) => select.fn.max('began_at').as('at'))
    .where('began_at', '>', now - HOUR)
    .where('error', 'is not', null)
    .executeTakeFirst()
  const since = paused?.at == null ? now - HOUR : BigInt(paused.at)
  const read = await steps
    .select((select) => select.fn.sum<number | bigint | string | null>('rows_read').as('rows'))
    .where((where) =>
      where.or([
        where('began_at', '>', since),
        where.and([where('run', '=', step.run), where('step', '=', step.step)]),
      ]),
    )
    .executeTakeFirst()
  const stays = await db
    .selectFrom('_tidemark_rejects as r')
    .leftJoin('_tidemark_steps as s', (join) => join.onRef('s.run', '=', 'r.run').onRef('s.step', '=', 'r.step'))
    .select((select) => select.fn.sum<number | bigint | string | null>('r.times').as('times'))
    .where('r.name', '=', step.table)
    .where('r.partition', '=', step.partition)
    .where((where) =>
      where.or([
        where.and([where('s.kind', '=', 'changes'), where('s.began_at', '>', since)]),
        where.and([where('r.run', '=', step.run), where('r.step', '=', step.step)]),
      ]),
    )
    .executeTakeFirst()
  return { rows: Number(read?.rows ?? 0) + counts.read, rejected: Number(stays?.times ?? 0) }
}

import { type Batch, isPastRejectLimit, type Lease, type RejectLimit, type StepRef } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { waitForLimitTurn } from '../state/limit-turn.ts'
import type { StateDialect } from '../state/state-dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'
import type { TableWriter } from './table-writer.ts'

type Db = Kysely<StateDatabase>

export interface Judged {
  readonly db: Db
  /** Undefined where the table was not prepared: it holds no rows. */
  readonly writer: TableWriter | undefined
  /** The rejects that came with it are recorded already. */
  readonly batch: Batch
  readonly lease: Lease
  readonly lock: StateDialect['lock']
  /** Rows of it that the database refused. */
  readonly refused: number
}

/** Whether a batch completes what it may not, because too many rows were rejected. @returns it, for people. */
export async function pastLimit({ db, writer, batch, lease, lock, refused }: Judged): Promise<string | undefined> {
  const { completes, rejectLimit, step, staging } = batch
  if (completes === undefined || rejectLimit === undefined) return undefined
  const { rows } = rejectLimit
  const rejected = rejectLimit.rejected + refused
  if (rejected === 0) return undefined
  // Ranges that are read at the same time are judged with each other's rows.
  if (rejectLimit.first === true && step.keyRange !== undefined) await waitForLimitTurn(db, lease, lock)
  const holds = async (most: number) => writer?.holds(most, rejectLimit.first ? step.partition : undefined) ?? 0
  // Written straight into the table its good rows are already in the table; out of a staging table they come later.
  const coming = staging === undefined ? 0 : rows - rejected
  const first = await firstRead(db, { step, rejectLimit, rejected, refused, coming, holds })
  const holdsRows = rejected < rows || (first === undefined ? (await holds(1)) > 0 : first.rows > first.rejected)
  if (!isPastRejectLimit({ step: { rows, rejected }, first, holdsRows }, rejectLimit)) return undefined
  return `past the reject limit: ${rejected} of ${rows} rows`
}

interface FirstRead {
  readonly step: StepRef
  readonly rejectLimit: RejectLimit
  readonly rejected: number
  readonly refused: number
  readonly coming: number
  readonly holds: (most: number) => Promise<number>
}

/** All that a partition holds and rejects so far, where it is read for the first time. */
async function firstRead(db: Db, { step, rejectLimit, rejected, refused, coming, holds }: FirstRead) {
  if (rejectLimit.first !== true) return undefined
  const all = (step.window ?? step.keyRange) === undefined ? rejected : (await rejectsOf(db, step)) + refused
  // Counted only as far as it matters.
  const held = await holds(all + 1)
  return { rows: all + coming + held, rejected: all }
}

/** Rows of a partition that stay rejected: without what earlier steps rejected in the window or key range that is read now. */
async function rejectsOf(db: Db, { run, step, table, partition, window, keyRange }: StepRef): Promise<number> {
  const { from, to } = window ?? keyRange ?? {}
  const row = await db
    .selectFrom('_tidemark_rejects')
    .select((select) => select.fn.sum<number | bigint | string | null>('times').as('times'))
    .where('name', '=', table)
    .where('partition', '=', partition)
    .where((where) =>
      where.or([
        where.and([where('run', '=', run), where('step', '=', step)]),
        where('position', 'is', null),
        ...(to === undefined ? [] : [where('position', '>=', to)]),
        ...(from === undefined ? [] : [where('position', '<', from)]),
      ]),
    )
    .executeTakeFirst()
  return Number(row?.times ?? 0)
}

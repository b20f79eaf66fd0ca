import type { Batch } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { countingRanges } from './refreshed-ranges.ts'
import { resyncsIn } from './requested-resyncs.ts'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/** Rows that were deleted before a step, and that the deletion limit judges with its own. */
export interface DeletedBefore {
  /** Of the table, by steps of the same run or the same pass of a resync, whoever ran them. */
  readonly inTable: number
  /** By other key ranges of the full refresh that a range belongs to, also in earlier runs. */
  readonly inRanges: number
}

/**
 * Reads the sums from the records that commits have written with their rows. Call it in the turn of `waitForLimitTurn`.
 *
 * @param keyed other steps than full refreshes and resyncs delete only what the source has reported.
 */
export async function readDeletedBefore(
  db: Db,
  { step, completes, deletionGuard }: Pick<Batch, 'step' | 'completes' | 'deletionGuard'>,
  keyed: boolean,
): Promise<DeletedBefore> {
  const ranges = step.keyRange === undefined || completes === undefined ? [] : await countingRanges(db, step, completes)
  return {
    inTable: await deletedBySteps(db, step, { since: deletionGuard?.since, keyed }),
    inRanges: ranges.reduce((sum, { deleted }) => sum + deleted, 0),
  }
}

interface Counting {
  /** Steps of this run that began from then on count; undefined: none. */
  readonly since: bigint | undefined
  readonly keyed: boolean
}

async function deletedBySteps(db: Db, step: Batch['step'], { since, keyed }: Counting): Promise<number> {
  const requested = await requestedAt(db, step)
  const [first] = [since, requested].filter((at) => at !== undefined).sort((a, b) => (a < b ? -1 : 1))
  if (first === undefined) return 0
  const row = await db
    .selectFrom('_tidemark_steps')
    .select((select) => select.fn.sum<number | bigint | string | null>('rows_deleted').as('deleted'))
    .where('name', '=', step.table)
    .where('began_at', '>=', first)
    .$if(keyed, (query) => query.where('kind', 'in', ['full_refresh', 'resync']))
    .where((where) =>
      where.or([
        ...(since === undefined ? [] : [where.and([where('run', '=', step.run), where('began_at', '>=', since)])]),
        ...(requested === undefined
          ? []
          : [where.and([where('kind', '=', 'resync'), where('began_at', '>', requested)])]),
      ]),
    )
    .executeTakeFirst()
  return Number(row?.deleted ?? 0)
}

/** When the resync was requested that a step is a part of, which others may run as well; of several, the first. */
async function requestedAt(db: Db, step: Batch['step']): Promise<bigint | undefined> {
  if (step.kind !== 'resync') return undefined
  const requests = await resyncsIn(db, step, step.window === undefined ? undefined : [step.window])
  return requests.reduce<bigint | undefined>((first, { requested_at }) => {
    const at = BigInt(requested_at)
    return first === undefined || at < first ? at : first
  }, undefined)
}

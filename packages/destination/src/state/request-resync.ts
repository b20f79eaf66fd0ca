import { AHEAD, type StateChange } from '@tidemark/core/engine'
import type { DeleteQueryBuilder, DeleteResult, Kysely } from 'kysely'
import { setPartition } from './partition-record.ts'
import type { Int64, StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/** The same window asked for again takes the place of the earlier wish, so that a step that began in between answers neither. */
export async function requestResync(
  db: Db,
  name: string,
  { partition, window, reason }: StateChange & { kind: 'resync' },
  now: bigint,
): Promise<void> {
  const from_position = window?.from ?? null
  const to_position = window?.to ?? null
  await db
    .deleteFrom('_tidemark_resyncs')
    .where('name', '=', name)
    .where('partition', '=', partition)
    // Not IS NOT DISTINCT FROM, which finds nothing by an index in Postgres.
    .$call((query) => equals(query, 'to_position', to_position))
    .$call((query) => equals(query, 'from_position', from_position))
    .execute()
  await db
    .insertInto('_tidemark_resyncs')
    .values({ name, partition, from_position, to_position, requested_at: now, reason })
    .execute()
}

type Forgetting = DeleteQueryBuilder<StateDatabase, '_tidemark_resyncs', DeleteResult>

function equals(query: Forgetting, column: 'from_position' | 'to_position', value: bigint | null): Forgetting {
  return value === null ? query.where(column, 'is', null) : query.where(column, '=', value)
}

/** What steps have covered beyond the present is resynced, from where the first of them may have missed something. */
export async function askAhead(
  db: Db,
  name: string,
  change: StateChange & { kind: 'ahead' },
  now: bigint,
): Promise<void> {
  const { partition, end, back } = change
  const covered = await db
    .selectFrom('_tidemark_coverage')
    .select((select) => select.fn.max('to_position').as('to'))
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('assumed', '=', 0)
    .executeTakeFirst()
  if (covered?.to == null || BigInt(covered.to) <= end) return
  const to = BigInt(covered.to)
  // One that begins above the present was answered in part by a clock that was ahead once more.
  const asked = await db
    .selectFrom('_tidemark_resyncs')
    .select('id')
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('reason', '=', AHEAD)
    .where('to_position', '>=', to)
    .where((where) => where.or([where('from_position', 'is', null), where('from_position', '<=', end)]))
    .executeTakeFirst()
  if (asked !== undefined) return
  const steps = await db
    .selectFrom('_tidemark_steps')
    .select(['from_position', 'began_at'])
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('kind', 'in', ['incremental', 'backfill', 'unchanged'])
    .where('to_position', '>', end)
    .where('ended_at', 'is not', null)
    .where('error', 'is', null)
    .execute()
  const folded = await db
    .selectFrom('_tidemark_folded_steps')
    .select(['from_position', 'began_at'])
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('kind', 'in', ['incremental', 'backfill', 'unchanged'])
    .where('to_position', '>', end)
    .execute()
  const starts = [...steps, ...folded].map((step) => missedFrom(step, end, back))
  // Records are kept for a while only: without one, the lookback of an incremental step.
  const from = starts.reduce(lowest, starts.length === 0 ? end - back : end)
  await setPartition(db, name, partition, {})
  await requestResync(db, name, { kind: 'resync', partition, window: { from, to }, reason: AHEAD }, now)
}

/** Where a step that read beyond the present may have begun to miss rows; undefined: at the start of everything. */
function missedFrom(
  { from_position, began_at }: { readonly from_position: Int64 | null; readonly began_at: Int64 },
  end: bigint,
  back: bigint,
): bigint | undefined {
  const from = from_position === null ? undefined : BigInt(from_position)
  const began = BigInt(began_at)
  // A database whose own clock was right says when that was; one on the same machine was ahead as well.
  if (began > end + back) return from
  return from !== undefined && from > began - back ? from : began - back
}

function lowest(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return undefined
  return a < b ? a : b
}

import { literal, whole } from '../values/literal.ts'
import { type Execute, firstRow, rowsOf } from './queue-database.ts'
import type { QueueTables } from './queue-tables.ts'

/** At most so many requests begin within any such time, over all workers. */
export interface RateLimit {
  readonly requests: number
  readonly perMs: number
}

/** A turn to send requests: from one moment on, and for so long. Milliseconds by the database's clock. */
export interface Turn {
  readonly requests: number
  readonly from: number
  readonly until: number
  /** When it was given. */
  readonly now: number
}

// A limit's time is cut into as many buckets. A turn is a bucket's and lasts into the next one, so that a request may begin a
// little late, and a process that is not given the processor in between not later than the end of it; then two buckets more
// than the limit's time hold every request of any such time.
const BUCKETS = 20
const LATE_BUCKETS = 1
const USABLE_OF_LATE = 0.4
/** Shorter turns would be overslept by most processes. */
const MIN_BUCKET_MS = 25

/**
 * Reserves requests of a source's rate, which all workers share. Turns are given in the order in which they are asked for, so
 * no worker starves; what was not used until its end is lost, never used late.
 *
 * @param most how many at most; a turn may hold fewer.
 * @returns undefined where the source is not known.
 */
export async function reserveTurn(
  execute: Execute,
  { sources }: Pick<QueueTables, 'sources'>,
  { source, requests, perMs, most }: RateLimit & { readonly source: string; readonly most: number },
): Promise<Turn | undefined> {
  const width = Math.max(MIN_BUCKET_MS, Math.ceil(perMs / BUCKETS))
  const span = whole(width * (Math.ceil(perMs / width) + 1 + LATE_BUCKETS))
  // One message is one transaction. The lock is a statement of its own: the second then sees what others took before.
  const results = await execute(
    `select pg_advisory_xact_lock(hashtextextended(${literal(`tidemark rate ${sources} ${source}`)}, 0));
    with asked as (
      select * from ${sources} where source = ${literal(source)}
    ), clock as (
      select floor(extract(epoch from greatest(clock_timestamp(), paused_until)) * 1000 / ${width})::bigint * ${width} as at
      from asked
    ), spent as (
      select b, n, sum(n) over (order by b desc) as since from asked, unnest(buckets, counts) as t(b, n)
    ), chosen as (
      select greatest(at, (select max(b) from spent), (select max(b) from spent where since >= ${whole(requests)}) + ${span}) as at
      from clock
    ), given as (
      select at, least(${whole(most)}, ${whole(requests)} - coalesce((select sum(n) from spent where b > at - ${span}), 0))::integer as n
      from chosen
    ), kept as (
      select b, sum(n)::integer as n from (
        select spent.b, spent.n from spent, given where b > at - ${span} union all select at, n from given
      ) as turns group by b
    )
    update ${sources} set buckets = (select array_agg(b order by b) from kept), counts = (select array_agg(n order by b) from kept)
    from given where source = ${literal(source)}
    returning given.n as granted, given.at::float8 as bucket, extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  )
  const [, given] = results as unknown as readonly { readonly rows: readonly unknown[] }[]
  if (given === undefined || given.rows.length === 0) return undefined
  const { granted, bucket, now } = firstRow(given)
  const from = Number(bucket)
  const until = from + width * (1 + USABLE_OF_LATE * LATE_BUCKETS)
  return { requests: Number(granted), from, until, now: Number(now) }
}

/** No worker takes a window of a source, or sends it a request, before this has passed. A longer pause stays. */
export async function pauseSource(
  execute: Execute,
  { sources }: Pick<QueueTables, 'sources'>,
  source: string,
  ms: number,
): Promise<void> {
  await execute(
    `insert into ${sources} as s (source, paused_until) values ($1, clock_timestamp() + $2::float8 * interval '1 ms')
    on conflict (source) do update set paused_until = greatest(s.paused_until, excluded.paused_until)`,
    [source, ms],
  )
}

/**
 * Waits until no other worker fetches, so that together they never exceed the limit of a source. Nobody waits for the disk
 * meanwhile: a fetch that a server forgot, which lost its power, is a job that is queued again.
 *
 * @returns sources of which no window is to be fetched: they are paused, or this worker does not have them.
 */
export async function lockFetches(
  execute: Execute,
  { schema, sources }: Pick<QueueTables, 'schema' | 'sources'>,
  own: readonly string[],
): Promise<readonly string[]> {
  const results = await execute(
    `set local synchronous_commit = off;
    select pg_advisory_xact_lock(hashtextextended(${literal(`tidemark fetch ${schema}`)}, 0));
    select source from ${sources}
    where paused_until > clock_timestamp() or source <> all(array[${own.map(literal).join()}]::text[])`,
  )
  const [, , ignored] = results as unknown as readonly { readonly rows: readonly unknown[] }[]
  return rowsOf(ignored!).map(({ source }) => String(source))
}

/** Makes a source known to the workers. */
export async function addSources(
  execute: Execute,
  { sources }: Pick<QueueTables, 'sources'>,
  names: readonly string[],
): Promise<void> {
  await execute(`insert into ${sources} (source) select unnest($1::text[]) on conflict do nothing`, [names])
}

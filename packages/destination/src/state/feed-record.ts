import { SyncError } from '@tidemark/core'
import {
  type FeedBatch,
  type FeedRef,
  FeedState,
  type FeedTableBatch,
  feedKey,
  isOf,
  type Project,
  type RunChange,
  type State,
} from '@tidemark/core/engine'
import { type Kysely, type Selectable, sql, type Updateable } from 'kysely'
import { synced } from './completion.ts'
import { OVERCOME, setPartition } from './partition-record.ts'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

const TABLE = '_tidemark_feeds'

type Db = Kysely<StateDatabase>
type Row = Selectable<StateDatabase[typeof TABLE]>

/** The name under which a feed is leased: no table has one that begins like this. */
export const feedLeaseName = (feed: FeedRef): string => `_tidemark_feed:${feedKey(feed)}`

/** The feeds of a project. An earlier version of the state knows of none. */
export async function readFeeds(
  db: Db,
  dialect: StateDialect,
  project: Project | undefined,
): Promise<Pick<State, 'feeds'>> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, TABLE))) return {}
  const rows = await db.selectFrom(TABLE).selectAll().orderBy('source').orderBy('feed').execute()
  const own = rows.filter((row) => project === undefined || isOf(row, project)).map(feedIn)
  return own.length === 0 ? {} : { feeds: new Map(own.map((one) => [feedKey(one), one])) }
}

const position = (value: Row['committed_at']) => (value === null ? null : BigInt(value))

function feedIn(row: Row): FeedState {
  return FeedState.parse({
    source: row.source,
    feed: row.feed,
    offset: row.committed_offset,
    seq: BigInt(row.seq),
    offsetSeq: position(row.offset_seq),
    id: row.id,
    identity: row.identity,
    opaque: Number(row.opaque) === 1,
    committedAt: position(row.committed_at),
    toldAt: position(row.told_at),
    completedAt: position(row.completed_at),
    leftOut: row.left_out === null ? [] : JSON.parse(row.left_out),
    lostFor: row.lost_for,
    // A column that an earlier version of the state has not is absent.
    backlog: row.backlog == null ? null : JSON.parse(row.backlog),
  })
}

/** The number of a feed's last commit; undefined: it has none. */
export async function seqOf(db: Db, { source, feed }: FeedRef): Promise<bigint | undefined> {
  const row = await db
    .selectFrom(TABLE)
    .select('seq')
    .where('source', '=', source)
    .where('feed', '=', feed)
    .executeTakeFirst()
  return row === undefined ? undefined : BigInt(row.seq)
}

/** @throws SyncError `fix-config`: what the runner knows of the feed is not what is recorded. */
export function refuseSeq(batch: FeedBatch, last: bigint): never {
  throw new SyncError(
    `the feed "${feedKey(batch)}" was to commit its number ${batch.seq}, and ${last} is recorded as its last: its record was changed by something else; nothing of this batch was written, run again`,
    'retry',
    { code: 'fenced' },
  )
}

/** Records what a batch of a feed committed, as its number. */
export async function recordFeed(
  db: Db,
  batch: FeedBatch,
  { seq, now, project }: { readonly seq: bigint; readonly now: bigint; readonly project: Project | undefined },
): Promise<void> {
  const { source, feed, begins, checkpoint, completedAt, joins = [], leftOut, lostFor } = batch
  const set: Omit<Updateable<StateDatabase[typeof TABLE]>, 'source' | 'feed' | 'seq'> = {
    ...(begins === undefined
      ? {}
      : { id: begins.id, identity: begins.identity ?? null, opaque: begins.opaque ? 1 : 0 }),
    ...(checkpoint === undefined
      ? {}
      : { committed_offset: checkpoint.offset, committed_at: now, told_at: checkpoint.toldAt ?? null }),
    // Rows of tables that join are read as of the same offset, and count from here on.
    ...(checkpoint === undefined && joins.length === 0 ? {} : { offset_seq: seq }),
    // Lost, it is complete when it is read to its end again, which is when the loss is behind.
    ...(typeof lostFor === 'string' ? { completed_at: null } : {}),
    ...(lostFor === undefined ? {} : { lost_for: lostFor }),
    ...(completedAt === undefined ? {} : { completed_at: completedAt, lost_for: lostFor ?? null }),
    ...(leftOut === undefined ? {} : { left_out: leftOut.length === 0 ? null : JSON.stringify(leftOut) }),
    ...(project === undefined ? {} : { project: project.record }),
  }
  await db
    .insertInto(TABLE)
    .values({ source, feed, id: '', opaque: 0, ...set, seq } as Row)
    .onConflict((conflict) => conflict.columns(['source', 'feed']).doUpdateSet({ ...set, seq }))
    .execute()
}

/** Records that tables join a feed, or begin a new life in it, with a number. */
export async function recordJoins(
  db: Db,
  { feed, joins = [] }: Pick<FeedBatch, 'feed' | 'joins'>,
  seq: bigint,
): Promise<void> {
  for (const { table } of joins) {
    await db
      .updateTable('_tidemark_tables')
      .set({ feed, since_seq: seq, epoch_seq: seq })
      .where('name', '=', table)
      .where((where) => where.or([where('feed', 'is', null), where('feed', '!=', feed)]))
      .execute()
    await db
      .updateTable('_tidemark_tables')
      .set({ epoch_seq: seq })
      .where('name', '=', table)
      .where('feed', '=', feed)
      .execute()
  }
}

/** Commits what a batch completes of a table. @param completedAt when its feed was read to its end. */
export async function completeFed(
  db: Db,
  { step, completes }: Pick<FeedTableBatch, 'step' | 'completes'>,
  { completedAt, now }: { readonly completedAt: bigint | undefined; readonly now: bigint },
): Promise<void> {
  if (completes === undefined) return
  const { checkedAt, last } = completes
  await setPartition(db, step.table, '', {
    ...(checkedAt === undefined ? {} : { checked_at: checkedAt }),
    ...(completedAt === undefined ? {} : { completed_at: completedAt }),
    ...(last ? OVERCOME : {}),
  })
  await synced(db, step.table, completes, now)
}

/** Records that all that was there before is read, for the present life of a table. */
export async function recordBackfilled(db: Db, table: string): Promise<void> {
  await db.updateTable('_tidemark_tables').set({ backfilled_seq: sql`epoch_seq` }).where('name', '=', table).execute()
}

/** Records whether there may be rows of a table of which something is missing. */
export async function recordMissing(db: Db, table: string, hasMissing: boolean): Promise<void> {
  await db
    .updateTable('_tidemark_tables')
    .set({ has_missing: hasMissing ? 1 : null })
    .where('name', '=', table)
    .execute()
}

/** Whether there may be such rows. */
export async function mayMiss(db: Db, table: string): Promise<boolean> {
  const row = await db.selectFrom('_tidemark_tables').select('has_missing').where('name', '=', table).executeTakeFirst()
  return Number(row?.has_missing ?? 0) === 1
}

/** When a table's present life in its feed began: what it has from before may be old. */
export async function epochOf(db: Db, table: string): Promise<bigint> {
  const row = await db.selectFrom('_tidemark_tables').select('epoch_seq').where('name', '=', table).executeTakeFirst()
  return BigInt(row?.epoch_seq ?? 0)
}

/** A batch with the tables that it leaves out, those among them that the database refused. @param refused by their names there. */
export async function leavingOut(db: Db, batch: FeedBatch, refused: readonly string[]): Promise<FeedBatch> {
  if (refused.length === 0) return batch
  const { source, feed, leftOut } = batch
  const known = await db
    .selectFrom(TABLE)
    .select('left_out')
    .where('source', '=', source)
    .where('feed', '=', feed)
    .executeTakeFirst()
  const before = leftOut ?? (JSON.parse(known?.left_out ?? '[]') as readonly string[])
  const rows = await db.selectFrom('_tidemark_tables').select('table_name').where('name', 'in', refused).execute()
  return { ...batch, leftOut: [...new Set([...before, ...rows.map((row) => row.table_name)])].sort() }
}

/** Records what the source of a feed was seen to keep for it. */
export async function recordBacklog(
  db: Db,
  { feed: { source, feed }, at, backlog }: Extract<RunChange, { readonly kind: 'feed-backlog' }>,
): Promise<void> {
  await db
    .updateTable(TABLE)
    .set({ backlog: backlog === undefined ? null : JSON.stringify({ at: String(at), ...backlog }) })
    .where('source', '=', source)
    .where('feed', '=', feed)
    .execute()
}

/** Records that nothing of a feed is left at its source. Its tables count as left out, so that they are read again should it return. */
export async function recordEnded(db: Db, { source, feed }: FeedRef): Promise<void> {
  const tables = await db
    .selectFrom('_tidemark_tables')
    .select('table_name')
    .where('source', '=', source)
    .where('feed', '=', feed)
    .orderBy('table_name')
    .execute()
  await db
    .updateTable(TABLE)
    .set({
      id: '',
      committed_offset: null,
      told_at: null,
      completed_at: null,
      lost_for: null,
      backlog: null,
      left_out: JSON.stringify(tables.map((row) => row.table_name)),
    })
    .where('source', '=', source)
    .where('feed', '=', feed)
    .execute()
}

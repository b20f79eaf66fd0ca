import { type DecideNotices, isOf, type NoticeRecord, type Project } from '@tidemark/core/engine'
import type { Kysely, Selectable } from 'kysely'
import { chunks } from '../chunks.ts'
import type { StateDialect } from './state-dialect.ts'
import type { Int64, StateDatabase } from './state-types.ts'

const TABLE = '_tidemark_notices'

type Db = Kysely<StateDatabase>
type Row = Selectable<StateDatabase[typeof TABLE]>

interface Channel {
  readonly channel: string
  readonly flavor: StateDialect
  readonly project?: Project | undefined
}

/** Changes what is remembered of the notices of a channel. Transactions that do so come one after the other. */
export async function recordNotices(
  db: Db,
  { channel, flavor: dialect, project }: Channel,
  decide: DecideNotices,
): Promise<void> {
  const clock = await db
    .selectFrom('_tidemark_meta')
    .select(['version', dialect.now.as('now')])
    .modifyEnd(dialect.lock.update)
    .executeTakeFirstOrThrow()
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, TABLE))) await createNotices(db)
  const rows = await db.selectFrom(TABLE).selectAll().where('channel', '=', channel).execute()
  const own = new Map(rows.filter(ofProject(project)).map((row) => [row.key, row]))
  const { set, remove } = decide(new Map([...own].map(([key, row]) => [key, recordOf(row)])), BigInt(clock.now))
  // By the project that the row has: the project may have moved since.
  const replaced = [...remove, ...set.map(({ key }) => key)].flatMap((key) => own.get(key) ?? [])
  for (const [of, some] of Map.groupBy(replaced, (row) => row.project))
    for (const rows of chunks(some)) {
      const keys = rows.map(({ key }) => key)
      const theirs = db.deleteFrom(TABLE).where('project', '=', of).where('channel', '=', channel)
      await theirs.where('key', 'in', keys).execute()
    }
  const written = set.map((record) => ({ project: project?.record ?? '', channel, ...rowOf(record) }))
  for (const some of chunks(written)) await db.insertInto(TABLE).values(some).execute()
}

/** Not part of a version of the state: older builds have no use for it, and leave it alone. */
async function createNotices({ schema }: Db): Promise<void> {
  await schema
    .createTable(TABLE)
    .addColumn('project', 'text', (c) => c.notNull())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('level', 'bigint', (c) => c.notNull())
    .addColumn('delivered_at', 'bigint')
    .addColumn('times', 'bigint', (c) => c.notNull())
    .addColumn('sending_at', 'bigint')
    .addColumn('offered', 'bigint')
    .addColumn('failures', 'bigint', (c) => c.notNull())
    .addColumn('next_try_at', 'bigint')
    .addColumn('last_error', 'text')
    .addPrimaryKeyConstraint('_tidemark_notices_key', ['project', 'channel', 'key'])
    .execute()
}

const ofProject =
  (project: Project | undefined) =>
  ({ project: recorded }: Row): boolean =>
    project === undefined || isOf({ project: recorded === '' ? null : recorded, source: '' }, project)

const instant = (value: Int64 | null): bigint | null => (value === null ? null : BigInt(value))

function recordOf(row: Row): NoticeRecord {
  return {
    key: row.key,
    since: BigInt(row.since),
    level: BigInt(row.level),
    deliveredAt: instant(row.delivered_at),
    times: BigInt(row.times),
    sendingAt: instant(row.sending_at),
    offered: instant(row.offered),
    failures: BigInt(row.failures),
    nextTryAt: instant(row.next_try_at),
    lastError: row.last_error,
  }
}

function rowOf(record: NoticeRecord): Omit<Row, 'project' | 'channel'> {
  return {
    key: record.key,
    since: record.since,
    level: record.level,
    delivered_at: record.deliveredAt,
    times: record.times,
    sending_at: record.sendingAt,
    offered: record.offered,
    failures: record.failures,
    next_try_at: record.nextTryAt,
    last_error: record.lastError,
  }
}

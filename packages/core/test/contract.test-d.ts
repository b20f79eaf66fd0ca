// What the contract's types infer and refuse. Checked by `pnpm typecheck`, never run.
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import {
  type Column,
  type Configured,
  type Deleted,
  days,
  defineSource,
  deleted,
  hours,
  minutes,
  numeric,
  register,
  rowOf,
  type Source,
  secret,
  type Table,
  unixSeconds,
} from '../src/index.ts'

// ---------- a source with partitions, a cursor and a revision: git ----------

type Commit = { repository: string; sha: string; committed_at: string; message: string }
declare class Git {
  repositories(): Promise<string[]>
  log(repository: string, range: { from: string | undefined; to: string }): AsyncGenerator<Commit[]>
  refs(repository: string): AsyncGenerator<{ repository: string; name: string; sha: string }[]>
  packedRefsHash(repository: string): Promise<string>
}

const git = defineSource({
  name: 'git',
  config: z.object({ repositories: z.array(z.string()).default(['.']) }),
  connect: async (config) => {
    expectTypeOf(config).toEqualTypeOf<{ repositories: string[] }>()
    return new Git()
  },
  identity: ({ client }) => {
    expectTypeOf(client).toEqualTypeOf<Git>()
    return 'one machine'
  },
})
const gitRepositories = git.partitions(({ client }) => client.repositories())
const commits = git.table({
  name: 'commits',
  row: z.object({
    repository: z.string(),
    sha: z.string(),
    committed_at: z.iso.datetime({ offset: true }),
    message: z.string(),
  }),
  primaryKey: ['repository', 'sha'],
  cursor: 'committed_at',
  async *read({ client, partition, from, to }) {
    expectTypeOf(partition).toEqualTypeOf<string>()
    expectTypeOf(from).toEqualTypeOf<string | undefined>()
    expectTypeOf(to).toEqualTypeOf<string>()
    yield* client.log(partition, { from, to })
  },
  partitions: gitRepositories, // after read: it still infers
  minAge: minutes(0),
  async revision({ client, partition, previous }) {
    expectTypeOf(previous).toEqualTypeOf<string | undefined>()
    const tips = await client.packedRefsHash(partition)
    return {
      revision: tips,
      stale: previous === undefined ? [] : [{ from: '2026-02-01T00:00:00Z', to: '2026-02-03T00:00:00Z' }],
    }
  },
})
const refs = git.table({
  name: 'refs',
  row: z.object({ repository: z.string(), name: z.string(), sha: z.string() }),
  primaryKey: ['repository', 'name'],
  partitions: gitRepositories,
  revision: ({ client, partition }) => client.packedRefsHash(partition),
  async *read({ client, partition }) {
    yield* client.refs(partition)
  },
})
const gitSource = register(git.with([commits, refs]))
expectTypeOf(gitSource).toExtend<Source<{ repositories?: string[] | undefined }>>()
expectTypeOf(gitSource.config.parse({})).toEqualTypeOf<{ repositories: string[] }>()
expectTypeOf(commits).toEqualTypeOf<Table<Git>>()

// ---------- tables found at run time: a database ----------

declare class Database {
  tables(): Promise<{ name: string; columns: Column[]; primaryKey: string[]; cursor: string | undefined }[]>
  snapshotEnd(table: string): Promise<string>
  rows(table: string, from: unknown, to: unknown): AsyncGenerator<Record<string, unknown>[]>
}

const sql = defineSource({ name: 'sql', config: z.object({ url: secret() }), connect: () => new Database() })
const sqlSource = register(
  sql.with(async ({ client }) =>
    (await client.tables()).map((found) =>
      sql.table({
        name: found.name,
        row: rowOf(found.columns),
        primaryKey: found.primaryKey,
        cursor: found.cursor,
        window: days(90),
        end: ({ client }) => client.snapshotEnd(found.name),
        async *read({ client, from, to }) {
          expectTypeOf(from).toEqualTypeOf<string | bigint | undefined>()
          expectTypeOf(to).toEqualTypeOf<string | bigint | undefined>() // there may be no cursor
          yield* client.rows(found.name, from, to)
          yield deleted([{ id: 7 }])
        },
      }),
    ),
  ),
)

// ---------- a full refresh in key ranges ----------

declare class Warehouse {
  cuts(): Promise<number[]>
  stock(
    from: number | undefined,
    to: number | undefined,
  ): AsyncGenerator<{ shelf: number; item: bigint; name: string }[]>
}

const warehouse = defineSource({ name: 'warehouse', connect: () => new Warehouse() })
const stockRow = z.object({ shelf: z.int(), item: z.bigint(), name: z.string() })
warehouse.table({
  name: 'stock',
  row: stockRow,
  primaryKey: ['shelf'],
  keyRanges: {
    column: 'shelf',
    bounds: ({ client }) => {
      expectTypeOf(client).toEqualTypeOf<Warehouse>()
      return client.cuts()
    },
  },
  async *read({ client, keyRange }) {
    expectTypeOf(keyRange?.from).toEqualTypeOf<number | undefined>()
    yield* client.stock(keyRange?.from, keyRange?.to)
  },
})
warehouse.table({
  name: 'stock',
  row: stockRow,
  primaryKey: ['item', 'name'],
  keyRanges: { column: 'item', bounds: () => [1n, 2n] },
  async *read({ keyRange }) {
    expectTypeOf(keyRange?.to).toEqualTypeOf<bigint | undefined>()
    yield []
  },
})
warehouse.table({
  name: 'stock',
  row: stockRow,
  primaryKey: ['shelf', 'name'],
  // @ts-expect-error a text cannot cut a table
  keyRanges: { column: 'name', bounds: () => [1] },
  async *read() {
    yield []
  },
})
warehouse.table({
  name: 'stock',
  row: stockRow,
  primaryKey: ['shelf'],
  // @ts-expect-error only a column of the key can
  keyRanges: { column: 'item', bounds: () => [1n] },
  async *read() {
    yield []
  },
})

// ---------- a pipe as cursor, descending pages: payments ----------

type Charge = { id: string; created: number; amount: number }
declare class Payments {
  charges(query: { created: { gte: string | undefined; lt: string } }): AsyncGenerator<Charge[]>
  events(query: {
    gte: string | undefined
    lt: string
  }): AsyncGenerator<{ id: string; created: number; data: unknown }[]>
}

const payments = defineSource({
  name: 'payments',
  config: z.object({ apiKey: secret() }),
  connect: () => new Payments(),
})
const charges = payments.table({
  name: 'charges',
  row: z.object({ id: z.string(), created: unixSeconds(), amount: z.int() }),
  primaryKey: ['id'],
  cursor: 'created',
  immutable: true,
  ordered: 'descending',
  window: days(30),
  lookback: days(30),
  async *read({ client, from, to }) {
    expectTypeOf(to).toEqualTypeOf<string>() // rows go in as seconds, bounds come as ISO texts
    yield* client.charges({ created: { gte: from, lt: to } })
  },
})
const events = payments.table({
  name: 'events',
  row: z.object({ id: z.string(), created: unixSeconds(), data: z.unknown() }),
  primaryKey: ['id'],
  cursor: 'created',
  immutable: true,
  deletions: 'unseen',
  retention: days(30),
  async *read({ client, from, to }) {
    yield* client.events({ gte: from, lt: to })
  },
})
register(payments.with([charges, events]))

// ---------- partitions that carry more than their id: a tracker ----------

type Project = { id: string; name: string; updated_at: string }
declare class Tracker {
  projects(): AsyncGenerator<Project[]>
  issues(
    project: string,
    query: { since: string | undefined },
  ): AsyncGenerator<{ id: number; project_id: string; updated_at: string }[]>
  priorities(): AsyncGenerator<{ id: number; name: string }[]>
  etag(path: string, previous: string | undefined): Promise<string | undefined>
}

const tracker = defineSource({ name: 'tracker', config: z.object({ token: secret() }), connect: () => new Tracker() })
const projectsOf = tracker.partitions(async function* ({ client }) {
  for await (const page of client.projects()) for (const project of page) yield project
})
const projects = tracker.table({
  name: 'projects',
  row: z.object({ id: z.string(), name: z.string(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  async *read({ client }) {
    yield* client.projects()
  },
})
const issues = tracker.table({
  name: 'issues',
  row: z.object({ id: z.int(), project_id: z.string(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  partitions: projectsOf,
  lookback: minutes(10),
  ordered: 'ascending',
  revision: ({ partition }) => partition.updated_at,
  async *read({ client, partition, from }) {
    expectTypeOf(partition).toEqualTypeOf<Project>()
    yield* client.issues(partition.id, { since: from })
  },
})
const priorities = tracker.table({
  name: 'priorities',
  row: z.object({ id: z.int(), name: z.string() }),
  primaryKey: ['id'],
  revision: ({ client, previous }) => client.etag('/priorities', previous),
  async *read({ client }) {
    yield* client.priorities()
  },
})
register(tracker.with([projects, issues, priorities]))

// ---------- columns that are sniffed, types that the state keeps: files ----------

type File = { id: string; size: number; mtimeMs: number }
declare class Folder {
  tables(): { name: string; glob: string; primaryKey?: string[] }[]
  files(glob: string): AsyncGenerator<File>
  sniff(glob: string): Promise<Column[]>
  rows(file: File): AsyncGenerator<Record<string, unknown>[]>
}

const files = defineSource({
  name: 'files',
  config: z.object({ tables: z.record(z.string(), z.object({ path: z.string() })).default({}) }),
  connect: () => new Folder(),
})
register(
  files.with(({ client, tracked }) =>
    Promise.all(
      client.tables().map(async (found) =>
        files.table({
          name: found.name,
          row: rowOf(await client.sniff(found.glob), tracked.columns(found.name)),
          primaryKey: found.primaryKey ?? [],
          partitions: files.partitions(({ client }) => client.files(found.glob)),
          revision: ({ partition }) => `${partition.size}:${partition.mtimeMs}`,
          async *read({ client, partition }) {
            yield* client.rows(partition)
          },
        }),
      ),
    ),
  ),
)

// ---------- the smallest source: no config, no connect ----------

const smallest = defineSource({ name: 'smallest' })
const smallestSource = register(
  smallest.with([
    smallest.table({
      name: 'one',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      async *read({ client }) {
        expectTypeOf(client).toEqualTypeOf<undefined>()
        yield [{ id: 1 }]
      },
    }),
  ]),
)
expectTypeOf(smallestSource.configure({})).toEqualTypeOf<Configured>()

// ---------- what may be a cursor, and what `from` and `to` then are ----------

const row = z.object({
  id: z.int(),
  ok: z.boolean(),
  title: z.string(),
  price: numeric(),
  updated_at: z.iso.datetime(),
  day: z.iso.date(),
  seen: z.iso.datetime().nullable(),
  ms: z.coerce.date(),
  big: z.bigint(),
})
const good = { id: 1, ok: true, title: '', price: '', updated_at: '', day: '', seen: null, ms: 0, big: 1n }
const read = async function* () {
  yield [good]
}

tracker.table({
  name: 'a_nullable_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'seen',
  nullCursor: 'keep',
  async *read({ from, to }) {
    expectTypeOf(from).toEqualTypeOf<string | undefined>()
    expectTypeOf(to).toEqualTypeOf<string>()
    yield [good]
  },
})
tracker.table({
  name: 'a_date_as_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'day',
  window: days(1),
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<string>()
    yield [good]
  },
})
tracker.table({
  name: 'a_date_object_as_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'ms',
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<Date>()
    yield [good]
  },
})
tracker.table({
  name: 'a_bigint_as_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'big',
  window: 1000,
  end: () => 10n,
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<bigint>()
    yield [good]
  },
})
tracker.table({
  name: 'an_integer_as_cursor_from_a_start',
  row,
  primaryKey: ['id'],
  cursor: 'id',
  start: 1,
  end: async () => 10,
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<number>()
    yield [good]
  },
})
tracker.table({
  name: 'a_start_as_a_question',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  partitions: projectsOf,
  start: ({ partition }) => partition.updated_at,
  read,
})
declare const option: { key?: 'id'; cursor?: 'updated_at' | undefined }
tracker.table({
  name: 'options_that_zod_made_optional',
  row,
  primaryKey: option.key ? [option.key] : [],
  cursor: option.cursor,
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<string>()
    yield [good]
  },
})
tracker.table({
  name: 'a_boolean_cursor',
  row,
  primaryKey: ['id'],
  // @ts-expect-error a boolean cannot be a cursor
  cursor: 'ok',
  read,
})
tracker.table({
  name: 'a_text_cursor',
  row,
  primaryKey: ['id'],
  // @ts-expect-error a plain text cannot be a cursor
  cursor: 'title',
  read,
})
tracker.table({
  name: 'a_numeric_cursor',
  row,
  primaryKey: ['id'],
  // @ts-expect-error a decimal cannot be a cursor
  cursor: 'price',
  read,
})
tracker.table({
  name: 'a_duration_along_an_integer',
  row,
  primaryKey: ['id'],
  cursor: 'id',
  // @ts-expect-error a duration along an integer
  window: days(90),
  end: () => 1,
  read,
})
tracker.table({
  name: 'a_count_along_an_instant',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  // @ts-expect-error a count along an instant
  window: 90,
  read,
})
tracker.table({
  name: 'a_bare_object_as_duration',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  // @ts-expect-error durations are made by days, hours, minutes, seconds
  minAge: { ms: 60_000 },
  read,
})
tracker.table({
  name: 'a_start_of_another_type',
  row,
  primaryKey: ['id'],
  cursor: 'id',
  // @ts-expect-error a text as the start of an integer cursor
  start: '2024-01-01',
  end: () => 1,
  read,
})
tracker.table({
  name: 'stale_windows_of_another_type',
  row,
  primaryKey: ['id'],
  cursor: 'id',
  end: () => 1,
  // @ts-expect-error stale windows are of the cursor's type
  revision: () => ({ revision: 'x', stale: [{ from: 'a', to: 'b' }] }),
  read,
})

// ---------- keys, rows and pages ----------

tracker.table({
  name: 'an_unknown_key',
  row,
  // @ts-expect-error unknown key
  primaryKey: ['nope'],
  read,
})
tracker.table({
  name: 'a_wrong_row',
  row,
  primaryKey: ['id'],
  // @ts-expect-error a row whose id is a text
  async *read() {
    yield [{ ...good, id: 'one' }]
  },
})
tracker.table({
  name: 'no_window_without_a_cursor',
  row,
  primaryKey: ['id'],
  // @ts-expect-error no window without a cursor
  async *read({ from }) {
    yield [good]
  },
})
tracker.table({
  name: 'no_partition_without_partitions',
  row,
  primaryKey: ['id'],
  // @ts-expect-error no partition without partitions
  async *read({ partition }) {
    yield [good]
  },
})

// ---------- deletions ----------

expectTypeOf(deleted([{ id: 7 }])).toEqualTypeOf<Deleted<{ id: number }>>()
tracker.table({
  name: 'rows_and_deletions',
  row,
  primaryKey: ['id'],
  async *read() {
    yield [good]
    yield deleted([{ id: 7 }])
  },
})
tracker.table({
  name: 'a_deletion_with_its_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  async *read() {
    yield deleted([{ id: 7, updated_at: '2026-01-01T00:00:00Z' }])
  },
})
tracker.table({
  name: 'a_deletion_by_an_unknown_key',
  row,
  primaryKey: ['id'],
  // @ts-expect-error wrong key in deleted
  async *read() {
    yield deleted([{ nope: 1 }])
  },
})
tracker.table({
  name: 'a_deletion_of_the_wrong_type',
  row,
  primaryKey: ['id'],
  // @ts-expect-error wrong type of key in deleted
  async *read() {
    yield deleted([{ id: 'x' }])
  },
})
tracker.table({
  name: 'a_deletion_with_a_wrong_cursor',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  // @ts-expect-error wrong type of cursor in deleted
  async *read() {
    yield deleted([{ id: 7, updated_at: 5 }])
  },
})
tracker.table({
  name: 'half_of_a_composite_key',
  row,
  primaryKey: ['id', 'title'],
  // @ts-expect-error half of a composite key
  async *read() {
    yield deleted([{ id: 7 }])
  },
})
tracker.table({
  name: 'a_deletion_without_a_key',
  row,
  // @ts-expect-error deletions need a key
  async *read() {
    yield deleted([{ id: 7 }])
  },
})

// ---------- row schemas that are more than an object ----------

const loose = z.looseObject({ id: z.int(), at: z.iso.datetime() })
tracker.table({
  name: 'a_loose_row',
  row: loose,
  primaryKey: ['id'],
  cursor: 'at',
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<string>()
    yield [{ id: 1, at: to, more: 1 }]
  },
})
tracker.table({
  name: 'an_unknown_key_of_a_loose_row',
  row: loose,
  // @ts-expect-error the names of a loose row are checked too
  primaryKey: ['nope'],
  async *read() {
    yield [{ id: 1, at: '' }]
  },
})
tracker.table({
  name: 'a_refined_row',
  row: row.refine(({ id }) => id > 0),
  primaryKey: ['id'],
  cursor: 'updated_at',
  async *read({ to }) {
    expectTypeOf(to).toEqualTypeOf<string>()
    yield [good]
  },
})

// ---------- putting a source together ----------

// @ts-expect-error a table of another source
tracker.with([charges])
// @ts-expect-error a source has a name
defineSource({ config: z.object({}) })

// ---------- one use of a source in a config ----------

expectTypeOf(
  sqlSource.configure({ url: 'postgres://shop' }, { every: '1h', tables: { 'tmp_*': false } }),
).toEqualTypeOf<Configured>()
gitSource.configure({})
gitSource.configure({ repositories: ['.'] }, { initialSyncStart: '2024-01-01', deletes: 'hard', schema: 'freeze' })
sqlSource.configure({ url: 'x' }, { tables: { customers: { columns: { email: false } }, audit: false } })
// @ts-expect-error a misspelt config key
sqlSource.configure({ ulr: 'x' })
// @ts-expect-error a config that is needed
sqlSource.configure()
// @ts-expect-error a misspelt option
sqlSource.configure({ url: 'x' }, { evry: '1h' })
// @ts-expect-error a mode that does not exist
sqlSource.configure({ url: 'x' }, { schema: 'ignore' })
// @ts-expect-error a column is left out with false, not listed
sqlSource.configure({ url: 'x' }, { tables: { customers: { columns: { email: true } } } })

expectTypeOf(hours(1)).toEqualTypeOf(days(1))

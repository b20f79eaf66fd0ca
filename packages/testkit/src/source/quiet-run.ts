import type { Partitions, Source } from '@tidemark/core'
import {
  type Cursor,
  type Destination,
  type Feed,
  floorTo,
  type Question,
  type Table,
  textAt,
  valueAt,
} from '@tidemark/core/engine'
import { COLUMN_TYPE_TRAITS } from '@tidemark/core/values'
import { openDestination } from '@tidemark/destination'
import { type Clock, type Report, type RunEvent, sync, systemClock } from '@tidemark/engine'
import type { Finding } from './law.ts'
import type { OpenPlace } from './place.ts'
import { cut, missing, shortest, textOf } from './row-text.ts'
import type { SourceUnderTest, Subject } from './source-under-test.ts'
import { testRunner } from './test-runner.ts'

/** A source whose tables are changed on the way: what they say, or how they read. */
export function withTables(source: Source, change: (table: Table) => Table | undefined): Source {
  const { tables } = source
  const changed = (all: Iterable<Table | Feed>): (Table | Feed)[] =>
    [...all].map((one) => (one.kind === 'feed' ? one : change(one))).filter((one) => one !== undefined)
  return {
    ...source,
    tables:
      typeof tables === 'function'
        ? async (context: Parameters<typeof tables>[0]) => changed(await tables(context))
        : changed(tables),
  }
}

export interface RunInto {
  readonly source: Source
  readonly config: unknown
  readonly destination: Destination
  /** Where histories start, by table. */
  readonly starts?: Readonly<Record<string, string>> | undefined
  readonly partRows?: number | undefined
  /** Tables that the config leaves out. */
  readonly without?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  readonly clock?: Clock | undefined
}

/** One run of the real engine, one step at a time. */
export function runInto({
  source,
  config,
  destination,
  starts = {},
  partRows,
  without = [],
  signal,
  onEvent,
  clock,
}: RunInto): Promise<Report> {
  const tables = Object.fromEntries([
    ...Object.entries(starts).map(([name, initialSyncStart]) => [name, { initialSyncStart }] as const),
    ...without.map((name) => [name, false] as const),
  ])
  return sync({
    sources: [
      { name: source.name, source: clock === undefined ? source : clockless(source), config, options: { tables } },
    ],
    destination: clock === undefined ? destination : timed(destination, clock),
    settings: {
      concurrency: 1,
      retry: { attempts: 2, firstDelayMs: 10, maxDelayMs: 10 },
      deletionLimit: 'none',
      ...(partRows === undefined ? {} : { batch: { rows: partRows, bytes: 16 * 1024 * 1024 } }),
    },
    signal,
    onEvent,
    clock: clock ?? systemClock,
  })
}

/** A source that does not say what time it is: where the run's clock is moved, the system's own would hold it back. */
const clockless = (source: Source): Source => withTables(source, (table) => ({ ...table, clock: undefined }))

/** A destination whose clock is another one: a run never reads beyond the present of its destination. */
function timed(destination: Destination, clock: Clock): Destination {
  const now = async () => clock.now()
  return new Proxy(destination, {
    get(target, name) {
      if (name === 'now') return now
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** @throws with what failed, where a run did not end well. */
export function demandSuccess(report: Report): void {
  const failures = [
    report.failure,
    ...report.sources.map(({ failure }) => failure),
    ...report.tables.flatMap((table) => table.failures.map(({ failure }) => failure)),
  ].filter((failure) => failure !== undefined)
  const [first] = failures
  if (first !== undefined) throw new Error(`a run of the engine failed: ${first.message}`)
  const paused = report.tables.find((table) => table.pausedFor !== undefined)
  if (paused !== undefined) throw new Error(`table ${paused.name} was paused: ${paused.pausedFor}`)
}

export function memory(): Promise<Destination> {
  return openDestination({ url: ':memory:', runner: testRunner() })
}

/** What a destination holds: the texts of a table's rows, by the table's name in the source. */
export async function contents(destination: Destination): Promise<ReadonlyMap<string, readonly string[]>> {
  const { tables } = await destination.state()
  const found = new Map<string, readonly string[]>()
  for (const { name, table, schema: recorded, partitions } of tables.values()) {
    const texts: string[] = []
    for (const partition of recorded?.partitioned === true ? partitions.keys() : [undefined]) {
      if (recorded === null) continue
      for await (const row of destination.read(name, { partition }))
        texts.push(partition === undefined ? textOf(row) : `${textOf(row)} of ${partition}`)
    }
    found.set(table, texts)
  }
  return found
}

/** Where the rows of one destination differ from those of a quiet run. */
export function differences(
  world: Pick<SourceUnderTest, 'isWaived'>,
  got: ReadonlyMap<string, readonly string[]>,
  quiet: ReadonlyMap<string, readonly string[]>,
  after: string,
): readonly Finding[] {
  return [...quiet].flatMap(([table, rows]): Finding[] => {
    if (world.isWaived(table)) return []
    const lost = missing(rows, got.get(table) ?? [])
    if (lost.length > 0) return [{ table, example: `${after}, the row ${cut(shortest(lost))} is missing` }]
    const more = missing(got.get(table) ?? [], rows)
    return more.length > 0
      ? [{ table, example: `${after}, the row ${cut(shortest(more))} is duplicated or outdated` }]
      : []
  })
}

/** How a table is cut into windows: their length, and an end behind its last row. */
export interface Windows {
  readonly window: bigint
  readonly end: bigint
}

/** Windows that make a middle: a quarter of what is looked at, where a table has no shorter ones. By table. */
export function windowsOf(subjects: readonly Subject[]): Readonly<Record<string, Windows>> {
  const found: Record<string, Windows> = {}
  for (const { table, points: own } of subjects) {
    const { cursor } = table
    const points = subjects.flatMap((one) => (one.table.name === table.name ? one.points : []))
    if (cursor === undefined || own.length === 0) continue
    const [first, last] = [least(points), -least(points.map((point) => -point))]
    const grain = grainOf(points, cursor)
    const quarter = floorTo((last - first) / 4n, grain)
    const window = -least([-quarter, -grain])
    found[table.name] = {
      window: least([window, table.window ?? window]),
      end: floorTo(last, grain) + grain,
    }
  }
  return found
}

/** The table with these windows, read up to that end. */
export function inWindows(table: Table, windows: Readonly<Record<string, Windows>>): Table {
  const own = windows[table.name]
  const { cursor } = table
  if (own === undefined || cursor === undefined) return table
  return { ...table, window: own.window, minAge: 0n, end: () => valueAt(own.end, cursor) }
}

/** The start of each table with a cursor: its first row. A backfill without a start is one window. */
export function startsOf(subjects: readonly Pick<Subject, 'table' | 'points'>[]): Readonly<Record<string, string>> {
  const starts: Record<string, string> = {}
  for (const { table } of subjects) {
    const points = subjects.flatMap((one) => (one.table.name === table.name ? one.points : []))
    if (table.cursor !== undefined && points.length > 0)
      starts[table.name] = textAt(least(points), { ...table.cursor, precision: undefined })
  }
  return starts
}

/** Of starts those of one table, where it is read alone. */
export function startsWith(starts: Readonly<Record<string, string>>, only: string | undefined): typeof starts {
  return Object.fromEntries(Object.entries(starts).filter(([table]) => only === undefined || table === only))
}

/** The finest bounds that make sense: a source that keeps milliseconds need not tell microseconds apart. */
export function grainOf(points: readonly bigint[], { type, tick }: Cursor): bigint {
  const timed = COLUMN_TYPE_TRAITS[type].cursor.counts === 'time'
  return timed && tick < 1000n && points.every((point) => point % 1000n === 0n) ? 1000n : tick
}

function least(points: readonly bigint[]): bigint {
  return [...points].sort((a, b) => (a < b ? -1 : 1))[0]!
}

/** Tables of which a run of the engine gives less than reading them gave. */
export function shortfalls(
  world: SourceUnderTest,
  quiet: ReadonlyMap<string, readonly string[]>,
  subjects: readonly Subject[],
): readonly Finding[] {
  const tables = new Set(subjects.map(({ table }) => table.name))
  return [...tables].flatMap((name): Finding[] => {
    const own = subjects.filter(({ table }) => table.name === name)
    if (world.isWaived(name) || own.some(({ deleted }) => deleted.length > 0)) return []
    const keys = own.flatMap(({ table, partition, rows }) =>
      rows.map(({ key, text }) => `${table.globalKey ? '' : partition.id} ${key ?? text}`),
    )
    const wanted = own[0]?.table.primaryKey.length === 0 ? keys.length : new Set(keys).size
    const got = quiet.get(name)?.length ?? 0
    return got >= wanted
      ? []
      : [{ table: name, example: `reading it gave ${wanted} rows, and a run after that ${got}` }]
  })
}

/** Rows that the engine rejects when it reads everything, though their schema takes them. */
export async function rejectsOf(
  world: SourceUnderTest,
  place: OpenPlace,
  starts: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const destination = await memory()
  try {
    const report = await runInto({ source: world.source, config: world.config(place), destination, starts })
    demandSuccess({
      ...report,
      tables: report.tables.map((table) => ({
        ...table,
        failures: table.failures.filter(({ failure }) => failure.code !== 'reject-limit'),
      })),
    })
    const { rows } = await destination.query(
      'select name, message, payload from _tidemark_rejects order by length(payload)',
    )
    const { tables } = await destination.state()
    const seen = new Set<string>()
    return rows.flatMap(([name, message, payload]): Finding[] => {
      const table = tables.get(String(name))?.table
      if (table === undefined || seen.has(table)) return []
      seen.add(table)
      return [{ table, example: `the row ${cut(String(payload))} is rejected: ${String(message)}` }]
    })
  } finally {
    await destination.close()
  }
}

/** A table whose partitions and pages pass through a test's hands. */
export function intercepted(
  table: Table,
  hooks: {
    readonly partitions?: ((list: readonly unknown[]) => readonly unknown[]) | undefined
    readonly afterPage?: ((partition: string, page: unknown) => unknown) | undefined
  },
): Table {
  const { partitions: list, afterPage } = hooks
  const { partitions } = table
  return {
    ...table,
    partitions: partitions === undefined || list === undefined ? partitions : listed(partitions, list),
    ...(afterPage === undefined
      ? {}
      : {
          async *read(question: Question) {
            for await (const page of table.read(question)) {
              yield page
              const { partition } = question as { partition?: string | { id: string } }
              await afterPage(typeof partition === 'object' ? partition.id : (partition ?? ''), page)
            }
          },
        }),
  }
}

function listed(
  partitions: Partitions<never, unknown>,
  change: (list: readonly unknown[]) => readonly unknown[],
): Partitions<never, unknown> {
  return {
    async *list(context) {
      const all: unknown[] = []
      for await (const one of await partitions.list(context)) all.push(one)
      yield* change(all)
    },
  }
}

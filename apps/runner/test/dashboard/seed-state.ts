import { DatabaseSync } from 'node:sqlite'
import { openDestination } from '@tidemark/destination'

/** A table as a state is to hold it. Times are milliseconds since 1970. */
export interface SeedTable {
  readonly name: string
  readonly source: string
  readonly status: 'new' | 'backfilling' | 'complete' | 'failing' | 'paused' | 'removed' | 'returned'
  readonly cursor: 'timestamp' | 'integer' | 'none'
  readonly partitions: readonly SeedPartition[]
  readonly rows: readonly SeedRow[]
  readonly columns?: readonly (readonly [name: string, type: string])[]
  readonly pausedFor?: string
  /** The length of its windows, in milliseconds. */
  readonly window?: number
  readonly lastSyncedAt: number
}
export interface SeedPartition {
  readonly partition: string
  readonly start: number
  readonly covered: readonly (readonly [from: number, to: number])[]
  readonly completedAt?: number
  readonly failures?: number
  readonly nextTryAt?: number
  readonly lastError?: string
}
export type SeedRow = Readonly<Record<string, string | number | null>>
export interface SeedRun {
  readonly run: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly exitCode: number | null
  readonly error?: string
  readonly steps: readonly SeedStep[]
}
export interface SeedStep {
  readonly table: string
  readonly partition?: string
  readonly kind: 'incremental' | 'backfill' | 'resync'
  readonly from: number | null
  readonly to: number | null
  readonly beganAt: number
  readonly endedAt: number | null
  readonly written: number
  readonly rejected?: number
  readonly durationMs: number
  readonly writingMs: number
  readonly error?: string
}
export interface SeedReject {
  readonly table: string
  readonly run: number
  readonly step: number
  readonly key: string
  readonly code: string
  readonly message: string
  readonly payload: string
  readonly at: number
}
export interface Seed {
  readonly tables: Iterable<SeedTable>
  readonly runs: Iterable<SeedRun>
  readonly rejects?: Iterable<SeedReject>
  readonly changes?: Iterable<readonly [table: string, change: string, at: number]>
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const micros = (ms: number | null | undefined): bigint | null => (ms == null ? null : BigInt(Math.round(ms)) * 1000n)

/** Makes a state as years of running would: tables, coverage, runs and steps are written straight into their tables. */
export async function seedState(path: string, { tables, runs, rejects = [], changes = [] }: Seed): Promise<void> {
  const runner = { id: 'seed', host: 'here', pid: process.pid, startedAt: 0n }
  await (await openDestination({ url: path, runner })).close()
  const db = new DatabaseSync(path)
  db.exec('begin')
  const insert = (table: string, columns: readonly string[]) => {
    const statement = db.prepare(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    )
    return (...values: (string | number | bigint | null)[]) => void statement.run(...values)
  }
  const addTable = insert('_tidemark_tables', [
    ...['name', 'source', 'table_name', 'status', 'schema', 'cursor_type', 'ever_filled', 'paused_for'],
    ...['first_seen_at', 'last_synced_at', 'last_checked_at', 'removed_at'],
  ])
  const addPartition = insert('_tidemark_partitions', [
    ...['name', 'partition', 'start_position', 'completed_at', 'failures', 'next_try_at', 'last_error'],
  ])
  const addCovered = insert('_tidemark_coverage', ['name', 'partition', 'from_position', 'to_position', 'assumed'])
  const addLease = insert('_tidemark_leases', ['name'])
  for (const { name, source, status, cursor, partitions, rows, pausedFor, lastSyncedAt, ...more } of tables) {
    const columns = more.columns ?? [
      ['id', 'integer'],
      ['title', 'text'],
      ['updated_at', 'timestamp'],
    ]
    const position = (value: number): bigint => (cursor === 'integer' ? BigInt(value) : micros(value)!)
    const recorded = {
      columns: columns.map(([column, type]) => ({ name: column, column, type })),
      primaryKey: ['id'],
      globalKey: false,
      partitioned: partitions.length > 1,
      ...(more.window === undefined ? {} : { window: String(micros(more.window)) }),
      cursor: cursor === 'none' ? null : { column: columns.at(-1)![0], type: cursor, precision: null },
    }
    addTable(
      ...([name, source, name.slice(source.length + 1), status, JSON.stringify(recorded)] as const),
      cursor === 'none' ? null : cursor,
      ...([1, pausedFor ?? null, micros(partitions[0]?.start ?? lastSyncedAt)] as const),
      ...([micros(lastSyncedAt), micros(lastSyncedAt)] as const),
      status === 'removed' ? micros(lastSyncedAt) : null,
    )
    addLease(name)
    for (const one of partitions) {
      const { partition, start, covered, completedAt, failures = 0, nextTryAt, lastError } = one
      const first = cursor === 'none' ? null : position(start)
      addPartition(name, partition, first, micros(completedAt), failures, micros(nextTryAt), lastError ?? null)
      for (const [from, to] of covered) addCovered(name, partition, position(from), position(to), 0)
    }
    const system = `_synced_at integer, _deleted_at integer, _cursor integer${partitions.length > 1 ? ', _partition text' : ''}`
    db.exec(`create table ${quoted(name)} (${columns.map(([column]) => quoted(column)).join(', ')}, ${system})`)
    const own = partitions.length > 1 ? ['_cursor', '_partition'] : ['_cursor']
    const addRow = insert(quoted(name), [...columns.map(([column]) => quoted(column)), ...own])
    rows.forEach((row, at) => {
      const of = partitions.length > 1 ? [partitions[at % partitions.length]!.partition] : []
      addRow(...columns.map(([column]) => row[column] ?? null), at, ...of)
    })
  }
  const addRun = insert('_tidemark_runs', [
    ...['run', 'runner', 'host', 'pid', 'started_at', 'ended_at', 'exit_code', 'error'],
  ])
  const addStep = insert('_tidemark_steps', [
    ...['run', 'step', 'name', 'partition', 'kind', 'from_position', 'to_position', 'began_at', 'ended_at', 'batches'],
    ...['rows_read', 'rows_written', 'rows_rejected', 'duration_ms', 'writing_ms', 'error'],
  ])
  for (const { run, startedAt, endedAt, exitCode, error, steps } of runs) {
    addRun(run, 'seed', 'here', process.pid, micros(startedAt), micros(endedAt), exitCode, error ?? null)
    steps.forEach((step, at) => {
      const {
        table,
        partition = '',
        kind,
        from,
        to,
        beganAt,
        ended,
        written,
        rejected = 0,
      } = {
        ...step,
        ended: micros(step.endedAt),
      }
      addStep(
        ...([run, at + 1, table, partition, kind, micros(from), micros(to), micros(beganAt), ended, 1] as const),
        ...([written + rejected, written, rejected, step.durationMs, step.writingMs, step.error ?? null] as const),
      )
    })
  }
  const addReject = insert('_tidemark_rejects', [
    ...['name', 'partition', 'run', 'step', 'key', 'code', 'message', 'payload', 'hash', 'rejected_at'],
  ])
  for (const { table, run, step, key, code, message, payload, at } of rejects)
    addReject(table, '', run, step, key, code, message, payload, key, micros(at))
  const addChange = insert('_tidemark_changes', ['name', 'change', 'changed_at'])
  for (const [table, change, at] of changes) addChange(table, change, micros(at))
  // A run that goes on has a runner that gives signs of life.
  const addRunner = insert('_tidemark_runners', ['id', 'host', 'pid', 'started_at', 'heartbeat_at', 'lease_ms'])
  addRunner('seed', 'here', process.pid, 0, micros(Date.now() + 3_600_000), 60_000)
  db.exec('commit')
  db.close()
}

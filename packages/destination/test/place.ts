import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Batch, Destination, Lease, Prepared, Runner, Shape, StepRef } from '@tidemark/core/engine'
import { columnsOf } from '@tidemark/core/engine'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { openDestination } from '../src/index.ts'

/** A folder for one test, taken away at its end. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const runner: Runner = { id: 'one', host: 'test-host', pid: 1, startedAt: 1n }

export async function open(
  url: string,
  more: { readonly busyMs?: number; readonly leaseMs?: number; readonly runner?: Runner } = {},
): Promise<Destination> {
  const destination = await openDestination({ url, runner, ...more })
  onTestFinished(() => destination.close())
  return destination
}

/** The same file through another connection, as a user would have it. */
export function byHand(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

const Thing = z.object({ id: z.int(), note: z.string().nullable() })

export function shapeOf(row: z.ZodObject = Thing, more: Partial<Shape> = {}): Shape {
  const columns = columnsOf(row)
  return {
    name: 'things',
    source: 'test',
    table: 'things',
    columns,
    declared: columns.map(({ name }) => name),
    primaryKey: ['id'],
    globalKey: false,
    partitioned: false,
    cursor: undefined,
    loose: false,
    mode: 'evolve',
    identity: undefined,
    ...more,
  }
}

export interface Ready {
  readonly destination: Destination
  readonly lease: Lease
  readonly prepared: Prepared
  write(rows: readonly object[], more?: Partial<Batch>, step?: Partial<StepRef>): ReturnType<Destination['commit']>
}

/** Leases and prepares a table, and writes rows into it. */
export async function prepare(destination: Destination, shape: Shape = shapeOf()): Promise<Ready> {
  const run = await destination.startRun()
  const { leases } = await destination.lease([shape.name])
  const lease = leases[0]!
  const prepared = await destination.prepare(lease, shape)
  let steps = 0
  const write: Ready['write'] = async (rows, more, stepMore) => {
    const step: StepRef = {
      run,
      step: ++steps,
      table: shape.name,
      partition: '',
      kind: shape.cursor === undefined ? 'full_refresh' : 'backfill',
      window: undefined,
      attempt: 1,
      beganAt: await destination.now(),
      ...stepMore,
    }
    return await destination.commit(lease, {
      step,
      number: 1,
      rows: rows.map((row) => prepared.encoder.plain(row as Record<string, unknown>, null)!),
      deletions: [],
      rejects: [],
      counts: { read: rows.length, deduped: 0, trimmed: 0, rejected: 0 },
      tombstones: false,
      completes: { last: true, status: 'complete', purge: false },
      durationMs: 1,
      ...more,
    })
  }
  return { destination, lease, prepared, write }
}

export async function all<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const row of rows) list.push(row)
  return list
}

export const things = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, note: `n${at}` }))

/** The driver's own object behind a destination, for what only its connection can be told. */
export async function capturing(
  make: () => Promise<Destination>,
): Promise<{ readonly destination: Destination; readonly raw: DatabaseSync }> {
  const { exec } = DatabaseSync.prototype
  let raw: DatabaseSync | undefined
  DatabaseSync.prototype.exec = function (text) {
    raw = this
    exec.call(this, text)
  }
  try {
    return { destination: await make(), raw: raw! }
  } finally {
    DatabaseSync.prototype.exec = exec
  }
}

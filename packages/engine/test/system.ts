import { defineSource, deleted, type Logger, minutes, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { z } from 'zod'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import type { Report } from '../src/report/report.ts'
import { fixedClock } from './catalog-of.ts'

const SECOND = 1_000_000n
export const instant = (n: number): string => new Date(n * 1000).toISOString()
export const at = (n: number): bigint => BigInt(n) * SECOND

export interface Row {
  readonly id: number
  readonly at: number
  readonly text: string
}

/** A system in memory that can be asked by window: what a source reads in these tests. Seconds stand for instants. */
export class System {
  rows = new Map<string, Row[]>([['', []]])
  deletions: { readonly id: number; readonly at?: number; readonly partition?: string; readonly when: number }[] = []
  now = 1000
  asked: { readonly partition: string; readonly from: string | undefined; readonly to: string }[] = []
  /** Called before each page; may throw or wait. */
  beforePage: (page: number, partition: string, from: number) => unknown = () => {}

  put(row: Row, partition = ''): void {
    const rows = this.rows.get(partition) ?? []
    this.rows.set(partition, [...rows.filter((one) => one.id !== row.id), row])
  }

  remove(id: number, partition = ''): void {
    this.rows.set(
      partition,
      (this.rows.get(partition) ?? []).filter((one) => one.id !== id),
    )
  }

  all(partition = ''): Row[] {
    return this.rows.get(partition) ?? []
  }
}

export const shape = z.object({ id: z.int(), at: z.iso.datetime(), text: z.string() })
export type Spec = Record<string, unknown>

/** The table `events` of a system; `spec` overrides what it is. */
export function sourceOf(system: System, spec: Spec = {}, pageSize = 5): Source {
  const memory = defineSource({ name: 'memory' })
  const partitions = system.rows.has('') ? undefined : memory.partitions(() => [...system.rows.keys()])
  const table = memory.table({
    name: 'events',
    row: shape,
    primaryKey: ['id'],
    cursor: 'at',
    minAge: minutes(0),
    lookback: minutes(0),
    ...(partitions === undefined ? {} : { partitions }),
    async *read(context: { from?: string; to?: string; partition?: string }) {
      const { from, to } = context
      const partition = context.partition ?? ''
      system.asked.push({ partition, from, to: String(to) })
      const low = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from) / 1000
      const high = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to) / 1000
      const rows = system.all(partition).filter((row) => row.at >= low && row.at < high)
      for (let page = 0; page * pageSize < rows.length; page++) {
        await system.beforePage(page, partition, low)
        yield rows.slice(page * pageSize, (page + 1) * pageSize).map((row) => ({ ...row, at: instant(row.at) }))
      }
      const gone = system.deletions.filter(
        (one) => (one.partition ?? '') === partition && one.when >= low && one.when < high,
      )
      if (gone.length > 0)
        yield deleted(gone.map((one) => (one.at === undefined ? { id: one.id } : { id: one.id, at: instant(one.at) })))
    },
    ...spec,
  } as never)
  return memory.with([table]) as Source
}

let runners = 0

export function openMemory(url = ':memory:'): Promise<Destination> {
  runners++
  return openDestination({
    url,
    runner: { id: `test-${process.pid}-${runners}`, host: 'test', pid: process.pid, startedAt: 0n },
  })
}

export class Lines implements Logger {
  readonly lines: string[] = []
  debug(): void {}
  info(message: string): void {
    this.lines.push(message)
  }
  warn(message: string): void {
    this.lines.push(message)
  }
}

export interface Run {
  readonly system: System
  readonly destination: Destination
  readonly spec?: Spec
  readonly pageSize?: number
  readonly options?: Partial<RunOptions>
  readonly use?: Partial<RunOptions['sources'][number]>
}

/** One run of the system at its own time. */
export async function run({
  system,
  destination,
  spec,
  pageSize,
  options = {},
  use = {},
}: Run): Promise<Report & { lines: string[] }> {
  const log = new Lines()
  const clock = fixedClock(at(system.now))
  const source = sourceOf(system, spec, pageSize)
  const report = await sync({
    sources: [{ name: 'memory', source, config: {}, options: {}, ...use }],
    destination,
    clock,
    log,
    ...options,
  })
  for (const { rows, failures } of report.tables) {
    // Of a staged step that failed nothing is written, so only what succeeded adds up.
    if (failures.length > 0) continue
    if (rows.read !== rows.written + rows.unchanged + rows.deduped + rows.rejected + rows.trimmed)
      throw new Error(`the counts do not add up: ${JSON.stringify(rows)}`)
  }
  return { ...report, lines: log.lines }
}

/** The rows as they stand in the destination, in seconds again. */
export async function rowsIn(
  destination: Destination,
  options: { readonly deleted?: boolean; readonly partition?: string } = {},
): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of destination.read('memory_events', options)) {
    rows.push({ id: Number(row['id']), at: Date.parse(String(row['at'])) / 1000, text: String(row['text']) })
  }
  return rows.sort((a, b) => a.id - b.id || a.at - b.at || (a.text < b.text ? -1 : 1))
}

export const sorted = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => a.id - b.id || a.at - b.at || (a.text < b.text ? -1 : 1))

import { type Change, type Checkpoint, defineSource, type Source, type UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import type { Report } from '../src/report/report.ts'
import { fixedClock } from './catalog-of.ts'
import { at, Lines } from './system.ts'

/** A row of the tables that are told. `note` is what changes leave out. */
export interface Told {
  readonly id: number
  readonly note: string | null
  readonly total: number | null
}

export type Untold = {
  readonly id: number
  readonly note: string | typeof UNCHANGED | null
  readonly total: number | typeof UNCHANGED | null
}

/** What a log holds, one after another; a commit ends a transaction. */
export type Entry =
  | { readonly op: 'put'; readonly table?: string; readonly row: Untold; readonly before?: number }
  | { readonly op: 'delete'; readonly table?: string; readonly id: number }
  | { readonly op: 'truncate' | 'snapshot-started' | 'snapshot-ended'; readonly table?: string }
  | { readonly op: 'columns'; readonly table?: string; readonly row: z.ZodObject }
  | { readonly op: 'commit'; readonly waits?: true; readonly at?: Date }
  /** What is no entry of a log. */
  | { readonly op: 'yield'; readonly value: unknown }

export const toldRow = z.object({ id: z.int(), note: z.string().nullable(), total: z.int().nullable() })

/** A system in memory that keeps a log. */
export class Log {
  entries: Entry[] = []
  /** Called before each entry is told; may throw or wait. */
  before: (at: number) => unknown = () => {}
  acknowledged: number[] = []
  /** From where each read began. */
  readFrom: (number | undefined)[] = []
  lostFor: string | undefined
  tables = ['orders']
  /** Tables without a key. */
  keyless = new Set<string>()
  begun: { readonly id: string; readonly tables: readonly string[] }[] = []
  spec: Record<string, unknown> = {}
  offset: z.ZodType = z.object({ at: z.int() })

  add(...entries: Entry[]): this {
    this.entries.push(...entries)
    return this
  }

  source(): Source {
    const log = this
    const memory = defineSource({ name: 'memory' })
    const feed = memory.feed({ name: 'log', offset: log.offset as z.ZodType<{ at: number }> })
    const made = (name: string) =>
      feed.table({ name, row: toldRow, ...(log.keyless.has(name) ? {} : { primaryKey: ['id'] as const }) })
    const tables = new Map(log.tables.map((name) => [name, made(name)]))
    const table = (name = 'orders') => tables.get(name) ?? made(name)
    return memory.with([
      feed.of([...tables.values()], {
        async *read({ offset }): AsyncGenerator<Change<undefined> | Checkpoint<{ at: number }>> {
          log.readFrom.push(offset?.at)
          for (let index = offset?.at ?? 0; index < log.entries.length; index++) {
            await log.before(index)
            const entry = log.entries[index]!
            if (entry.op === 'commit')
              yield feed.checkpoint(
                { at: index + 1 },
                {
                  ...(entry.waits === undefined ? {} : { waits: true }),
                  ...(entry.at === undefined ? {} : { at: entry.at }),
                },
              )
            else if (entry.op === 'yield') yield entry.value as never
            else yield changeOf(entry, table(entry.table) as never)
          }
        },
        acknowledge: ({ offset }) => void log.acknowledged.push(offset.at),
        lost: () => log.lostFor,
        isPast: (one, other) => one.at >= other.at,
        ...log.spec,
      }),
    ]) as Source
  }
}

export type AnyTable = {
  upserted(rows: readonly unknown[], options: object): Change<undefined>
  deleted(keys: readonly unknown[]): Change<undefined>
  truncated(): Change<undefined>
  snapshotStarted(): Change<undefined>
  snapshotEnded(): Change<undefined>
  schemaChanged(row: z.ZodObject): Change<undefined>
}

export function changeOf(entry: Exclude<Entry, { op: 'commit' | 'yield' }>, table: AnyTable): Change<undefined> {
  switch (entry.op) {
    case 'put':
      return table.upserted([entry.row], entry.before === undefined ? {} : { before: { id: entry.before } })
    case 'delete':
      return table.deleted([{ id: entry.id }])
    case 'truncate':
      return table.truncated()
    case 'snapshot-started':
      return table.snapshotStarted()
    case 'snapshot-ended':
      return table.snapshotEnded()
    case 'columns':
      return table.schemaChanged(entry.row)
  }
}

export const put = (
  id: number,
  note: string | typeof UNCHANGED | null,
  total: number | typeof UNCHANGED | null,
  more: { readonly before?: number; readonly table?: string } = {},
): Entry => ({
  op: 'put',
  row: { id, note, total },
  ...more,
})
export const commit: Entry = { op: 'commit' }

export interface RunLog {
  readonly log: Log
  readonly destination: Destination
  readonly options?: Partial<RunOptions>
  readonly use?: Partial<RunOptions['sources'][number]>
}

const optionsOf = ({ log, destination, options = {}, use = {} }: RunLog, lines: Lines): RunOptions => ({
  sources: [{ name: 'memory', source: log.source(), config: {}, options: {}, ...use }],
  destination,
  clock: fixedClock(at(1000)),
  log: lines,
  ...options,
})

export async function runLog(run: RunLog): Promise<Report & { readonly lines: string[] }> {
  const lines = new Lines()
  return { ...(await sync(optionsOf(run, lines))), lines: lines.lines }
}

export async function resyncLog(
  run: RunLog,
  table: string,
  full = false,
): Promise<Report & { readonly lines: string[] }> {
  const lines = new Lines()
  return { ...(await resync(optionsOf(run, lines), { table, full })), lines: lines.lines }
}

/** The rows as they stand. */
export async function toldIn(destination: Destination, name = 'memory_orders', deleted = false): Promise<Told[]> {
  const rows: Told[] = []
  for await (const row of destination.read(name, { deleted }))
    rows.push({
      id: Number(row['id']),
      note: row['note'] as string | null,
      total: row['total'] === null ? null : Number(row['total']),
    })
  return rows.sort((a, b) => a.id - b.id || (String(a.note) < String(b.note) ? -1 : 1))
}

import {
  bare,
  cutAt,
  type EncodedKey,
  type Encoder,
  type Logger,
  type Question,
  type Range,
  split,
  type Table,
  type TableColumn,
} from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import { askEnd, staleSince } from '../discover/discover-partition.ts'
import type { Again } from '../discover/partition-question.ts'
import { failureOf, isDestinationFailure } from '../failure/failure.ts'
import { MOST_WINDOWS } from '../plan/too-many-windows.ts'
import { type ReadRange, readRange } from '../read/read-range.ts'
import { isKey } from '../read/reject.ts'
import type { SourceWait } from '../source/source-wait.ts'
import type { Clock } from '../time/clock.ts'
import { type Reading, unreadRanges } from './unread-ranges.ts'

/** A partition in which rows may be. */
export interface Place {
  readonly partition: DiscoveredPartition
  readonly reading: Reading
  /** They are not below this. */
  readonly above: bigint | undefined
}

/** Rows that did not come back with their window, and where they may be instead. */
export interface ElsewhereTask {
  readonly discovered: DiscoveredTable
  readonly encoder: Encoder
  /** Their own partition, and all others where the key is global. */
  readonly places: readonly Place[]
  readonly batchLimit: { readonly rows: number; readonly bytes: number }
  readonly redact: (text: string) => string
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Waits for the source. */
  readonly wait: SourceWait
}

/** Keys that the source has, and keys that it reports as deleted. */
export interface Elsewhere {
  readonly alive: readonly EncodedKey[]
  readonly deletedKeys: readonly EncodedKey[]
}

type NamedKeys = readonly Readonly<Record<string, unknown>>[]
type Take = (found: Elsewhere) => void | Promise<void>

/** The most keys that one call looks up. */
const KEYS = 1000
/** So far ahead of the present rows are looked for: dates of tomorrow, and times that were written in the wrong zone. */
const DAYS_AHEAD = 2n * 86_400_000_000n
/** And numbers that were drawn since the end was asked for. */
const COUNT_AHEAD = 10_000n
/** A row that moves while pages come may be missed by them, so pages are looked at again, up to so often in all. */
const PASSES = 3

/** Asks the source for keys wherever they are. @returns whether it could say for all of them. */
export async function findByKey(
  missing: AsyncIterable<NamedKeys> | Iterable<NamedKeys>,
  task: ElsewhereTask,
  take: Take,
): Promise<boolean> {
  const { discovered, encoder, places, wait } = task
  const { table, source } = discovered
  const { findKeys } = table
  if (findKeys === undefined || places.some(({ partition }) => partition.failure !== undefined)) return false
  const values = keyValues(table)
  for await (const chunk of missing) {
    for (let at = 0; at < chunk.length; at += KEYS) {
      const keys = chunk.slice(at, at + KEYS).map(values) as never
      for (const { partition } of places) {
        const question = { ...contextOf(partition, task), keys }
        const answer = await wait.answer(() => findKeys(question))
        if (answer === undefined || answer === null) return false
        const found = [...(answer as Iterable<Readonly<Record<string, unknown>>>)].map((key) => encoder.encodeKey(key))
        await take({ alive: found.filter(isKey), deletedKeys: [] })
      }
    }
  }
  source.log.debug(`${table.name}: rows that the source did not return again were looked up by their keys`)
  return true
}

/**
 * Reads what is not read yet of the partitions, and some way beyond the present: whatever comes is there.
 *
 * @returns whether a row came whose key cannot be read: it may be any of those that are missed.
 */
export async function findAhead(task: ElsewhereTask, take: Take): Promise<{ readonly keyless: boolean }> {
  let keyless = false
  for (const place of task.places) {
    const { partition, reading } = place
    if (partition.failure !== undefined) return { keyless: true }
    let { above } = place
    for (let pass = 1; pass <= PASSES; pass++) {
      const end = await endOf(partition, reading, task)
      if (end === undefined) return { keyless: true }
      const ranges = rangesTo(end, above, reading, task.discovered.table)
      if (isTooMuch(ranges, task)) return { keyless: true }
      const read = await readRanges(ranges, partition, task, take, end)
      keyless ||= read.keyless
      // Rows only move up, so those of an ascending table move to where its pages come last. Behind a single page it is
      // asked whether there is more, and a row may move before that.
      if (pass > read.pages || task.discovered.table.ordered === 'ascending') break
      above = end - reading.lookback - task.discovered.table.minAge
    }
    const moved = await staleAbove(place, task)
    if (isTooMuch(moved, task)) return { keyless: true }
    const read = await readRanges(moved, partition, task, take)
    keyless ||= read.keyless
  }
  return { keyless }
}

/** A source that says what changed may move rows to anywhere, also to what this run has read before. */
async function staleAbove({ partition, above }: Place, task: ElsewhereTask): Promise<readonly Range[]> {
  const { table } = task.discovered
  const { revision } = partition
  if (revision === undefined) return []
  const stale = await staleSince({ table, revision, context: contextOf(partition, task) }, asker(task))
  return stale.flatMap((range) => (above === undefined ? [range] : (cutAt(range, above).above ?? [])))
}

/** More windows than a run would read are not looked through for rows that may be in none of them. */
function isTooMuch(ranges: readonly Range[], { discovered }: ElsewhereTask): boolean {
  return ranges.reduce((sum, one) => sum + split(one, discovered.table.window).count, 0) > MOST_WINDOWS
}

/** What is not read yet up to the end, and behind it one range more for what lies ahead. */
function rangesTo(end: bigint, above: bigint | undefined, reading: Reading, table: Table): readonly Range[] {
  const ahead = end + (table.cursor?.type === 'integer' ? COUNT_AHEAD : DAYS_AHEAD)
  const last = end - reading.lookback
  const open = unreadRanges(above, end, reading)
  const reaches = open.at(-1)?.to === end
  const ranges = reaches ? open : [...open, { from: last, to: end }]
  if (table.window !== undefined) return [...ranges, { from: end, to: ahead }]
  return [...ranges.slice(0, -1), { from: ranges.at(-1)?.from, to: ahead }]
}

/** @param end from here on a system may refuse to be read. */
async function readRanges(
  ranges: readonly Range[],
  partition: DiscoveredPartition,
  task: ElsewhereTask,
  take: Take,
  end?: bigint,
): Promise<{ readonly keyless: boolean; readonly pages: number }> {
  const all = { keyless: false, pages: 0 }
  for (const range of ranges) {
    // What is ahead is read in one call.
    const size = end !== undefined && range.to > end ? undefined : task.discovered.table.window
    for (const window of split(range, size)) {
      const { keyless, pages } = await readOne(window, partition, task, take, end)
      all.keyless ||= keyless
      all.pages += pages
    }
  }
  return all
}

type Read = Pick<ReadRange, 'keyless' | 'pages'>

async function readOne(
  range: Range,
  partition: DiscoveredPartition,
  task: ElsewhereTask,
  take: Take,
  end: bigint | undefined,
): Promise<Read> {
  const { discovered, encoder, signal, clock, batchLimit: part, redact, wait } = task
  const { columns, source } = discovered
  const question = { client: source.client as never, log: source.log as Logger, partition: partition.value as never }
  // Whatever comes is there, also what another window would hold, and what has no cursor.
  const table: Table =
    discovered.table.nullCursor === 'skip' ? { ...discovered.table, nullCursor: 'keep' } : discovered.table
  const read = (one: Range): Promise<ReadRange> =>
    readRange(
      { table, columns, encoder, range: one, keeps: 'all', question, signal, clock, batchLimit: part, redact, wait },
      ({ rows, deletions, rejects }) =>
        take({
          alive: [
            ...rows.map((row) => encoder.key.map((at) => row[at])),
            ...rejects.flatMap(({ encodedKey: seen }) => (seen === undefined ? [] : [seen])),
          ],
          deletedKeys: deletions.map(({ key }) => key),
        }),
    )
  try {
    return await read(range)
  } catch (error) {
    const mayPass = failureOf(error).remedy === 'retry'
    if (end === undefined || range.to <= end || mayPass || signal.aborted || isDestinationFailure(error)) throw error
    // A system that refuses times of the future has no rows there.
    return range.from !== undefined && range.from >= end
      ? { keyless: false, pages: 0 }
      : await read({ ...range, to: end })
  }
}

/** The end of what the source has now; where it does not say, the one that it said last. */
async function endOf(
  partition: DiscoveredPartition,
  reading: Reading,
  task: ElsewhereTask,
): Promise<bigint | undefined> {
  const end = await askEnd(task.discovered.table, contextOf(partition, task), task.clock, asker(task))
  return end ?? partition.unsettledEnd ?? reading.end
}

const asker =
  ({ wait }: ElsewhereTask): Again =>
  (_what, work) =>
    wait.answer(work)

function contextOf({ value }: DiscoveredPartition, { discovered: { source }, wait }: ElsewhereTask): Question {
  return { client: source.client as never, signal: wait.signal, log: source.log, partition: value as never }
}

/** Canonical values of a key as the source's `read` gives them. */
function keyValues({ columns, primaryKey }: Table): (key: Readonly<Record<string, unknown>>) => object {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const key = primaryKey.map((name) => byName.get(name)!)
  return (values) => Object.fromEntries(key.map((column) => [column.name, valueFor(column, values[column.name])]))
}

function valueFor({ type, schema }: TableColumn, value: unknown): unknown {
  const given = bare(schema)._zod.def.type
  if (type === 'integer' && given !== 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
  return given === 'date' ? new Date(String(value)) : value
}

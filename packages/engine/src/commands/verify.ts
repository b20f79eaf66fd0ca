import { SyncError } from '@tidemark/core'
import { type Comparison, type Destination, type TableState, textAt } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { withCatalog } from '../discover/with-catalog.ts'
import { type Failure, failureOf, redacted } from '../failure/failure.ts'
import type { LookOptions, RunOptions } from '../options.ts'
import { askedWindow } from '../plan/asked-window.ts'
import { planRun } from '../plan/plan.ts'
import { planConfig } from '../plan/plan-config.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import { DEFAULT_PART } from '../read/part-size.ts'
import { shapeOf } from '../run/shape-of.ts'
import { type Reading, rangeOf } from '../run/unread-ranges.ts'
import { patienceOf } from '../source/stall.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { knownTable } from './resync.ts'
import { type Looked, type LookTask, look } from './verify-look.ts'
import type { VerifyOptions } from './verify-options.ts'
import { repair } from './verify-repair.ts'
import { type VerifiedWindow, type VerifyReport, verifyExitCode } from './verify-report.ts'
import { scopeOf } from './verify-scope.ts'
import type { Slice } from './verify-slices.ts'

const KEYS = 10_000
/** After this many differences other work has its turn. */
const TURN = 10_000

/**
 * Reads what is covered of a table again from its source, and holds it against the destination. Takes no lease and
 * writes nothing, unless it repairs; never covers anything.
 *
 * @throws SyncError `fix-config` where the table is not known, or the window or partition does not belong to it.
 */
export async function verify(given: LookOptions | RunOptions, wanted: VerifyOptions): Promise<VerifyReport> {
  const clock = given.clock ?? systemClock
  const startedAt = clock.monotonic()
  const state = await given.destination.state()
  const known = knownTable(state, wanted.table)
  const asked = askedWindow({ name: known.name, cursor: known.schema?.cursor }, wanted)
  const options: LookOptions = { ...given, clock, select: [known.name] }
  const signal = options.signal ?? new AbortController().signal
  let comparison: Comparison | undefined
  return await withCatalog(options, state, signal, async (catalog) => {
    const use = catalog.sources.find((one) => one.name === known.source)
    const absent = options.unavailable?.find((one) => one.name === known.source)?.failure
    const failed = use?.failure ?? absent
    const nothing = (failure: Failure) => reportOf({ ...empty(known.name), failure: redacted(failure, options) })
    if (failed !== undefined) return nothing({ ...failed, code: 'no-source' })
    const [planned] = planRun(catalog, state, planConfig(options)).tables
    if (planned === undefined)
      return nothing(gone(`the source "${known.source}" is not installed or no longer lists "${known.table}"`))
    const { discovered, pausedFor } = planned
    if (pausedFor !== undefined) return nothing(gone(`${known.name} is paused: ${pausedFor}`))
    if (discovered.failure !== undefined) return nothing(discovered.failure)
    const unfit = unfitFed(discovered)
    if (unfit !== undefined) return nothing(gone(unfit))
    if (planned.partitions.length === 0 && known.partitions.size > 0)
      return nothing(
        gone(`the source lists none of the partitions of ${known.name}, so there is nothing to compare it with`),
      )
    comparison = await options.destination.compare(shapeOf(discovered))
    const chosen = await scopeOf({ planned, known, asked, wanted, comparison })
    const task = (with_: Comparison): LookTask => ({
      discovered,
      comparison: with_,
      destination: options.destination,
      readings: readingsOf(planned, known),
      signal,
      clock,
      policy: options.settings?.retry,
      ...patienceOf(options.settings ?? {}),
      batchLimit: options.settings?.batch ?? DEFAULT_PART,
      redact: options.redact ?? ((text) => text),
      onProgress: wanted.onProgress ?? (() => {}),
    })
    const looked = await look(chosen.slices, task(comparison))
    const { places, numbers, ...found } = await gather(looked, chosen.slices, discovered, wanted.keys ?? KEYS, {
      ...options,
      clock,
      signal,
    })
    const redact = options.redact ?? ((text) => text)
    const notes = [...chosen.notes, ...notesOf(comparison), ...changedNotes(looked)]
    const base = {
      ...empty(known.name),
      ...found,
      windows: { compared: chosen.slices.length, of: chosen.of },
      unreadPartitions: chosen.unreadPartitions.map((one) => ({ ...one, message: redact(one.message) })),
      undeclared: known.undeclared,
      sample: wanted.sample,
      rows: looked.rows,
      notes,
    }
    if (wanted.repair !== true || places.size === 0) return reportOf(base)
    const report = await repair({ ...options, destination: writable(given.destination) }, known, places)
    const touched = chosen.slices.filter(({ number }) => numbers.has(number))
    const second = await options.destination.compare(shapeOf(discovered))
    try {
      const after = await look(touched, task(second))
      const left = [...after.differences].reduce((sum, { times }) => sum + times, 0) + after.failures.size
      return reportOf({ ...base, repair: { report, remaining: left } })
    } finally {
      second.close()
    }
  })
    .catch((error: unknown) => {
      // Stopped before the end, nothing is known.
      if (signal.aborted) return reportOf(empty(known.name))
      throw error
    })
    .finally(() => comparison?.close())

  function reportOf(facts: Omit<VerifyReport, 'exitCode' | 'durationMs' | 'interrupted'>): VerifyReport {
    return {
      ...facts,
      exitCode: verifyExitCode(facts),
      interrupted: signal.aborted,
      durationMs: Math.round(clock.monotonic() - startedAt),
    }
  }
}

/** What is repaired is written: only a destination that was opened for it can. */
function writable(destination: LookOptions['destination']): Destination {
  if ('record' in destination) return destination as Destination
  throw new Error('a repair needs a destination that is open for writing')
}

function readingsOf({ partitions, discovered }: PlannedTable, known: TableState): LookTask['readings'] {
  const { options, table } = discovered
  return new Map(
    partitions.map(({ discovered: { id }, wanted }): [string, Reading] => {
      const { covered = [], resyncs = [] } = known.partitions.get(id) ?? {}
      const end = wanted?.to
      const pending = resyncs.map(({ from, to }) => rangeOf(from, to, end))
      return [id, { covered, pending, end, lookback: options.lookback, tick: table.cursor?.tick ?? 1n }]
    }),
  )
}

const empty = (table: string) => ({
  table,
  windows: { compared: 0, of: 0 },
  sample: undefined,
  rows: { source: 0, destination: 0, rejected: 0, undeclared: 0 },
  missing: 0,
  extra: 0,
  different: 0,
  unread: 0,
  unreadPartitions: [],
  undeclared: [],
  found: [],
  isCut: false,
  notes: [],
  failure: undefined,
  repair: undefined,
})

const gone = (message: string): Failure => failureOf(new SyncError(message, 'fix-config', { code: 'not-readable' }))

/** Why a table of a feed cannot be read a second time; undefined: it can, or no feed tells it. */
function unfitFed({ name, table, fed }: DiscoveredTable): string | undefined {
  if (fed === undefined) return undefined
  const from = `${name} comes from the feed "${fed.feed.name}"`
  if (table.feed?.backfill === undefined)
    return `${from} alone, which cannot be read a second time to compare it; a table that its source can also read by "backfill" can be compared`
  if (table.primaryKey.length === 0)
    return `${from} and has no primary key, so a row that changes while it is read cannot be told from one that differs`
  return undefined
}

const changedNotes = ({ changed }: Looked): readonly string[] =>
  changed === 0
    ? []
    : [`not compared, as the feed changed them meanwhile: ${changed} ${changed === 1 ? 'row' : 'rows'}`]

function notesOf({ uncomparedColumns: left, addedColumns: late }: Comparison): readonly string[] {
  return [
    ...(left.length === 0 ? [] : [`not compared, as the next sync changes them: ${left.join(', ')}`]),
    ...(late.length === 0
      ? []
      : [`compared only in rows that were written since the column was added: ${late.join(', ')}`]),
  ]
}

async function gather(
  looked: Looked,
  slices: readonly Slice[],
  discovered: DiscoveredTable,
  most: number,
  options: LookOptions & { readonly clock: Clock; readonly signal: AbortSignal },
) {
  const byNumber = new Map(slices.map((slice) => [slice.number, slice]))
  const found = new Map<number, { -readonly [K in keyof VerifiedWindow]: VerifiedWindow[K] } & { keys: object[] }>()
  const places = new Map<string, Set<bigint>>()
  const totals = { missing: 0, extra: 0, different: 0, unread: 0 }
  const windowOf = (number: number) => {
    const { partition, window } = byNumber.get(number)!
    const { cursor } = discovered.table
    const text = (position: bigint | undefined) =>
      position === undefined || cursor === undefined ? null : textAt(position, cursor)
    const one = { partition, from: text(window?.from), to: text(window?.to), failure: undefined, keys: [] }
    const all = found.get(number) ?? { ...one, missing: 0, extra: 0, different: 0, unread: 0 }
    found.set(number, all)
    return all
  }
  let listed = 0
  let seen = 0
  for (const { scope, kind, key, times, positions } of looked.differences) {
    if (++seen % TURN === 0) {
      await options.clock.turn()
      options.signal.throwIfAborted()
    }
    const window = windowOf(scope)
    window[kind] += times
    totals[kind] += times
    const its = places.get(window.partition) ?? new Set()
    for (const position of positions) its.add(position)
    places.set(window.partition, its)
    if (listed++ < most) window.keys.push({ kind, key: options.redact?.(key) ?? key, times })
  }
  const numbers = new Set(found.keys())
  // What the reader does not give cannot be repaired by reading again.
  for (const [number, unread] of looked.unread) {
    windowOf(number).unread = unread
    totals.unread += unread
  }
  for (const [number, failure] of looked.failures) windowOf(number).failure = redacted(failure, options)
  return { ...totals, found: [...found.values()] as readonly VerifiedWindow[], isCut: listed > most, places, numbers }
}

import { listedPartitions, parseDuration, type State, type TableState } from '@tidemark/core/engine'
import type { ConfiguredSource } from '../discover/catalog.ts'
import { Selection } from '../discover/selection.ts'
import { optionsOf } from '../discover/settings.ts'
import type { Resting } from '../options.ts'
import { lastCheckOf } from './last-check.ts'

export interface NotDueOptions {
  readonly sources: readonly Pick<ConfiguredSource, 'name' | 'options'>[]
  readonly state: State
  /** As in `RunOptions`: the others are not looked at. */
  readonly select?: readonly string[] | undefined
  /** By the destination's clock, in microseconds. */
  readonly now: bigint
  /** How long tables rest that have no `every` of their own; 0: they are always due. */
  readonly everyMs: number
  /** Tables that come due within this time do not rest: they are read together with those that are due. */
  readonly togetherMs?: number | undefined
  /** How long ago a table was last asked for by this process, whatever came of it; undefined: never. */
  readonly askedMsAgo: (table: string) => number | undefined
}

/** What rests, and when the first of it comes due. */
export interface NotDueTables extends Resting {
  readonly dueInMs: number | undefined
}

/**
 * What is not due. A table is due `every` after it was last synced or asked for; one that failed not before the next try
 * that the state names, unless this process has never asked for it: a started run tries everything. Pure.
 */
export function notDueOf({
  sources,
  state,
  select,
  now,
  everyMs,
  togetherMs = 0,
  askedMsAgo,
}: NotDueOptions): NotDueTables {
  const selection = new Selection(select)
  const tables = new Map<string, number>()
  const resting = new Set<string>()
  for (const use of sources) {
    const own = [...state.tables.values()].filter(
      ({ source, status, table, name }) =>
        source === use.name && status !== 'removed' && selection.wants(source, table, name),
    )
    let awake = own.length === 0
    for (const table of own) {
      const asked = askedMsAgo(table.name)
      const ownMs = ownEvery(use, table)
      // Without an `every` of its own it is for the command to say how often, and a command that just began means now.
      const everMs = ownMs ?? (asked === undefined ? 0 : everyMs)
      // What a feed has told since then says nothing of which tables its source has.
      const agoMs = table.fed !== undefined && asked !== undefined ? asked : lastMsAgo(table, now, asked)
      const waitMs = Math.max(everMs - agoMs, asked === undefined ? 0 : failingMs(table, now))
      if (waitMs > togetherMs) tables.set(table.name, waitMs)
      else awake = true
    }
    if (!awake) resting.add(use.name)
  }
  const dueInMs = tables.size === 0 ? undefined : Math.min(...tables.values())
  return { sources: resting, tables: new Set(tables.keys()), dueInMs }
}

function ownEvery({ options }: Pick<ConfiguredSource, 'options'>, { table }: TableState): number | undefined {
  const own = optionsOf(options, table)
  const every = (own === false ? undefined : own.every) ?? options?.every
  return every === undefined ? undefined : parseDuration(every)
}

/** A sync in the future was written by a clock that was wrong: it says nothing. */
function lastMsAgo(table: TableState, now: bigint, asked: number | undefined): number {
  // Not its last commit: a run of a range commits as well, and asks for nothing else.
  const last = lastCheckOf(table)
  // What failed was not synced; only this process knows when it was tried.
  const synced = last === undefined || table.status === 'failing' ? -1 : Number(now - last) / 1000
  return Math.min(asked ?? Number.POSITIVE_INFINITY, synced < 0 ? Number.POSITIVE_INFINITY : synced)
}

/** How long a table of which every partition fails is left alone. */
function failingMs({ status, partitions, failure }: TableState, now: bigint): number {
  const present = listedPartitions({ partitions })
  if (status !== 'failing') return 0
  const wait = (nextTryAt: bigint | null): number => (nextTryAt === null ? 0 : Number(nextTryAt - now) / 1000)
  // A partition that does well, or that was never tried, is not held up by the others.
  const waits = present.length === 0 ? [] : [Math.min(...present.map(({ nextTryAt }) => wait(nextTryAt)))]
  return Math.max(0, wait(failure?.nextTryAt ?? null), ...waits)
}

import type { SourceOptions } from '@tidemark/core'
import { parseDuration, type TableState } from '@tidemark/core/engine'
import { optionsOf } from '../discover/settings.ts'
import { lastCheckOf } from '../plan/last-check.ts'

/** How old a table's last check may be before the table is stale, and who said so. */
export interface FreshnessPromise {
  readonly ms: number
  readonly by: 'freshWithin' | 'every' | 'default'
  /** How often to sync the table; undefined: not configured. */
  readonly everyMs: number | undefined
}

/** Says of a table how fresh it is to be. */
export type Promised = (table: Pick<TableState, 'source' | 'table'>) => FreshnessPromise

export interface PromiseOptions {
  /** The options of each configured source by its name; `false`: it is switched off. */
  readonly sources?: Readonly<Record<string, SourceOptions | false>> | undefined
  /** For tables whose source says nothing else. */
  readonly freshWithin?: string | undefined
  /** How often the command syncs that runs again and again; undefined: none does. */
  readonly everyMs?: number | undefined
}

/** A nightly run may take its time: a table that nothing was promised of is stale after a day and two hours. */
const DEFAULT_MS = 26 * 3_600_000
/** A run takes its time, whatever its `every`. */
const SLACK_MS = 60_000

/**
 * What was promised of each table: `freshWithin` as it is written, else twice its `every` and a minute, because one turn may
 * be late, else a day and two hours. The table's own word counts before that of its source, and that before the others.
 */
export function promisedBy({ sources = {}, freshWithin, everyMs: commandMs }: PromiseOptions = {}): Promised {
  return ({ source, table }) => {
    const options = Object.hasOwn(sources, source) ? sources[source] || {} : {}
    const own = optionsOf(options, table) || {}
    const everyMs = durationOf(own.every ?? options.every) ?? commandMs
    const withinMs = durationOf(own.freshWithin ?? options.freshWithin ?? freshWithin)
    if (withinMs !== undefined) return { ms: withinMs, by: 'freshWithin', everyMs }
    if (everyMs !== undefined) return { ms: 2 * everyMs + SLACK_MS, by: 'every', everyMs }
    return { ms: DEFAULT_MS, by: 'default', everyMs }
  }
}

function durationOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text)
}

/** Until when a table is as fresh as promised; undefined where it is not tracked. */
export function freshUntil(table: TableState, promised: Promised): bigint | undefined {
  if (table.status === 'removed') return undefined
  // One that was never checked is as old as it is known.
  return (lastCheckOf(table) ?? table.firstSeenAt) + BigInt(Math.round(promised(table).ms * 1000))
}

import type { Partition } from '@tidemark/core'
import { isColumnsChanged, type Table } from '@tidemark/core/engine'
import { failureOf } from '../failure/failure.ts'
import { mapLending } from '../time/map-lending.ts'
import type { DiscoveredTable } from './catalog.ts'
import type { DiscoverOptions } from './discover-options.ts'
import { discoverPartition } from './discover-partition.ts'
import type { Again } from './partition-question.ts'
import { schemaHash } from './settings.ts'

/** Questions at once, so that a thousand partitions do not become a thousand requests; one that hangs holds up no other. */
export const QUESTIONS = { limit: 8, most: 32 }

export interface TableQuestion {
  readonly described: DiscoveredTable
  /** Finds a table once more, whose columns were not known yet; undefined: it has none so far. */
  readonly describeAgain: (before: DiscoveredTable) => Promise<DiscoveredTable | undefined>
  readonly listed: (table: Table) => Promise<readonly Partition[]>
  readonly again: Again
  readonly signal: AbortSignal
  readonly options: DiscoverOptions
}

/** Asks about a table; undefined where a table whose columns were not known yet turns out to have none. */
export async function askTable(question: TableQuestion): Promise<DiscoveredTable | undefined> {
  const { described, describeAgain, options } = question
  try {
    try {
      return await askDescribed(question)
    } catch (error) {
      if (!isColumnsChanged(error)) throw error
      const now = await describeAgain(described)
      return now && (await askDescribed({ ...question, described: now }))
    }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { ...described, failure: failureOf(error) }
  }
}

async function askDescribed({ described, listed, again, signal, options }: TableQuestion): Promise<DiscoveredTable> {
  const { name, source, table, columns, failure, fed } = described
  const isWanted = fed?.isWanted ?? options.wants(source.name, table.name, name)
  if (failure !== undefined || !isWanted) return described
  const hash = schemaHash(table, columns, described.options)
  const { clock, askedAt, problemOf } = options
  const asked = askedAt?.()
  const question = {
    table,
    discovered: source,
    again,
    schemaHash: hash,
    options: { signal, clock, askedAt, problemOf },
  }
  const all = await listed(table)
  const known = options.state.tables.get(name)
  // A row that moved between partitions is looked for in all of them; and what is new is recorded, or it would not be missed.
  const only = table.globalKey ? undefined : options.partition
  const isAsked = (one: Partition): boolean =>
    only === undefined || idOf(one) === only || known?.partitions.has(idOf(one)) !== true
  const partitions = await mapLending(all.filter(isAsked), { ...QUESTIONS, clock }, (partition) =>
    discoverPartition({ ...question, partition, known }),
  )
  const unasked = all.filter((one) => !isAsked(one)).map(idOf)
  return {
    ...{ ...described, askedAt: asked, partitions },
    // Columns that are found at run time differ with what was found so far.
    ...(source.findTable === undefined ? { schemaHash: hash } : {}),
    ...(unasked.length === 0 ? {} : { unasked }),
  }
}

const idOf = (partition: Partition): string => (typeof partition === 'string' ? partition : partition.id)

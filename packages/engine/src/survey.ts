import { type Logger, type Partition, SyncError, type Tracked } from '@tidemark/core'
import { adapted, type State, type Table } from '@tidemark/core/engine'
import { answered } from './abortable.ts'
import type { Catalog, SurveyedTable, SurveyedUse, Use } from './catalog.ts'
import type { Clock } from './clock.ts'
import { failureOf } from './failure.ts'
import { mapLimit } from './map-limit.ts'
import type { Settings } from './options.ts'
import { DEFAULT_RETRY, retry } from './retry.ts'
import { didYouMean } from './selection.ts'
import { columnsKept, factsHash, modeOf, optionsOf, settingsOf } from './settings.ts'
import { type Again, surveyPartition } from './survey-partition.ts'

export interface SurveyOptions {
  readonly uses: readonly Use[]
  readonly state: State
  readonly settings: Settings
  readonly clock: Clock
  /** The destination's clock, as far as it is known without asking. */
  readonly askedAt?: (() => bigint) | undefined
  readonly signal: AbortSignal
  readonly log: Logger
  /** What a wanted name becomes in the destination. */
  readonly nameOf: (table: string) => string
  /** Which tables are asked for their partitions; the others are listed with none. */
  readonly wants: (use: string, table: string, name: string) => boolean
}

// Questions at once within one table, so that a thousand partitions do not become a thousand requests.
const QUESTIONS = 8
/** No answer for so long is a failure that may pass. */
const QUESTION_MS = 120_000

/** Connects each source once and asks what there is. A source that fails here fails only its own tables. */
export async function survey(options: SurveyOptions): Promise<Catalog> {
  const asked = await Promise.allSettled(options.uses.map((use) => surveyUse(use, options)))
  const uses = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const broken = asked.find((one) => one.status === 'rejected')
  if (broken === undefined) return { uses }
  // Stopped: whoever had connected already is let go.
  for (const use of uses) void use.close().catch(() => {})
  throw broken.reason
}

async function surveyUse(use: Use, options: SurveyOptions): Promise<SurveyedUse> {
  const { signal } = options
  const log = named(options.log, use.name)
  const again: Again = (work) =>
    retry(async () => answered(Promise.resolve(work()), signal, QUESTION_MS), {
      clock: options.clock,
      policy: options.settings.retry ?? DEFAULT_RETRY,
      signal,
      onRetry: (failure, attempt, delayMs) =>
        log.warn(`${use.name} did not answer, trying again in ${Math.ceil(delayMs / 1000)} s`, {
          attempt,
          cause: failure.message,
        }),
    })
  let client: unknown
  const close = async (): Promise<void> => {
    await (client as { close?: () => unknown } | undefined)?.close?.()
  }
  const surveyed = { name: use.name, log, close }
  try {
    const source = adapted(use.source)
    client = await again(() => source.connect?.(use.config as never, { signal, log }))
    const identity = await again(() => source.identity?.({ client: client as never }))
    const context = { client: client as never, signal, log }
    const { tables } = source
    const found =
      typeof tables === 'function'
        ? [...(await again(() => tables({ ...context, tracked: trackedBy(use, options.state) })))]
        : tables
    checkOptions(use, found, options.state)
    const result: SurveyedUse & { tables: SurveyedTable[] } = { ...surveyed, client, failure: undefined, tables: [] }
    const lists = new Map<unknown, Promise<readonly Partition[]>>()
    const listed = (table: Table): Promise<readonly Partition[]> => {
      const { partitions } = table
      if (partitions === undefined) return Promise.resolve([''])
      let list = lists.get(partitions)
      if (list === undefined) {
        list = again(async () => collect(await partitions.list(context as never)))
        lists.set(partitions, list)
      }
      return list
    }
    const tracked = found.filter((table) => optionsOf(use.options, table.name) !== false)
    result.tables.push(
      ...(await mapLimit(tracked, QUESTIONS, (table) =>
        surveyTable({ use, table, surveyed: result, identity, listed, again, options }),
      )),
    )
    return result
  } catch (error) {
    if (signal.aborted) {
      void close().catch(() => {})
      throw error
    }
    // A mistake in the config is the whole run's: nothing is read with it.
    if (SyncError.is(error) && error.code === 'config') {
      void close().catch(() => {})
      throw error
    }
    return { ...surveyed, client, failure: failureOf(error), tables: [] }
  }
}

function named(log: Logger, use: string): Logger {
  const add = (fields: object | undefined): object => ({ source: use, ...fields })
  return {
    debug: (message, fields) => log.debug(message, add(fields)),
    info: (message, fields) => log.info(message, add(fields)),
    warn: (message, fields) => log.warn(message, add(fields)),
  }
}

function trackedBy({ name: use, options }: Use, state: State): Tracked {
  const own = [...state.tables.values()].filter((table) => table.source === use)
  const known = new Map(own.map((table) => [table.table, table.facts]))
  return {
    columns: (table) => {
      // A type that may not grow is kept by the source too: or it would hand on all rows in a form that does not fit.
      const fixed = modeOf(options, table) === 'discard-row' ? { fixed: true as const } : {}
      return known.get(table)?.columns.map(({ name, type }) => ({ name, type, ...fixed }))
    },
    cursor: (table) => {
      const facts = known.get(table)
      return facts == null ? undefined : (facts.cursor?.column ?? null)
    },
  }
}

/** A key under `tables` that names no table is a mistake, unless the table is known and only away. */
function checkOptions(use: Use, found: readonly Table[], state: State): void {
  for (const key of Object.keys(use.options.tables ?? {})) {
    if (key.includes('*') || found.some((table) => table.name === key)) continue
    if ([...state.tables.values()].some((table) => table.source === use.name && table.table === key)) continue
    const names = found.map((table) => table.name)
    const near = didYouMean(key, names)
    throw new SyncError(
      `sources.${use.name}.tables.${key}: source "${use.source.name}" has no table "${key}"; ${near === undefined ? `it has ${names.slice(0, 20).join(', ') || 'none'}` : `did you mean "${near}"?`}`,
      'fix-config',
      { code: 'config' },
    )
  }
}

async function collect(list: Iterable<unknown> | AsyncIterable<unknown>): Promise<readonly Partition[]> {
  const partitions: Partition[] = []
  const seen = new Set<string>()
  for await (const one of list) {
    const id = typeof one === 'string' ? one : (one as { id?: unknown } | null)?.id
    if (typeof id !== 'string' || id === '')
      throw new SyncError('a partition is a text, or an object with a text "id", and not empty', 'fix-source')
    if (seen.has(id)) throw new SyncError(`the partition "${id}" was listed twice`, 'fix-source')
    seen.add(id)
    partitions.push(one as Partition)
  }
  return partitions
}

/** A table that was renamed at its source goes on in its old place, so that views, grants and indexes live on. */
function destinationName(use: Use, table: Table, { nameOf, state }: SurveyOptions): string {
  const [name = '', ...before] = [table.name, ...table.aliases].map((one) =>
    nameOf(`${use.options.prefix ?? use.name}_${one}`),
  )
  if (state.tables.has(name)) return name
  return before.find((one) => state.tables.get(one)?.source === use.name) ?? name
}

interface TableQuestion {
  readonly use: Use
  readonly table: Table
  readonly surveyed: SurveyedUse
  readonly identity: string | undefined
  readonly listed: (table: Table) => Promise<readonly Partition[]>
  readonly again: Again
  readonly options: SurveyOptions
}

async function surveyTable(question: TableQuestion): Promise<SurveyedTable> {
  const { use, table, surveyed, identity, listed, options } = question
  const name = destinationName(use, table, options)
  const askedAt = options.askedAt?.()
  const base = { name, use: surveyed, table, identity, columns: table.columns, partitions: [], askedAt }
  const settings = settingsOf(use.name, table, use.options, options.settings)
  const columns = columnsKept(use.name, table, use.options)
  if (table.kind !== 'table') {
    const failure = failureOf(
      new SyncError(
        `table "${table.name}" is of a kind that this version does not know; install a newer one`,
        'upgrade',
        { code: 'contract' },
      ),
    )
    return { ...base, options: settings, failure }
  }
  if (!options.wants(use.name, table.name, name)) return { ...base, columns, options: settings, failure: undefined }
  try {
    const facts = factsHash(table, columns, settings)
    const partitions = await mapLimit(await listed(table), QUESTIONS, (partition) =>
      surveyPartition({ ...question, partition, known: options.state.tables.get(name), facts }),
    )
    return { ...base, columns, options: settings, failure: undefined, partitions }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { ...base, columns, options: settings, failure: failureOf(error) }
  }
}

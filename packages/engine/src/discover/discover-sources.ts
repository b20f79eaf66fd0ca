import { type Partition, SyncError, type Tracked } from '@tidemark/core'
import { adapted, didYouMean, type State, type Table } from '@tidemark/core/engine'
import { configOf } from '../config/parse-config.ts'
import { failureOf } from '../failure/failure.ts'
import { answered, type Patience } from '../source/answered.ts'
import { retry } from '../source/retry.ts'
import { Silence } from '../source/silence.ts'
import { SourceGuard } from '../source/source-guard.ts'
import { silenceOf } from '../source/stall.ts'
import { mapLending } from '../time/map-lending.ts'
import { DEFAULT_RETRY } from '../time/retry-policy.ts'
import { askTable, QUESTIONS, type TableQuestion } from './ask-table.ts'
import type { Catalog, ConfiguredSource, DiscoveredSource, DiscoveredTable } from './catalog.ts'
import { withoutClashes } from './clash.ts'
import { type DestinationName, destinationNames } from './destination-names.ts'
import type { DiscoverOptions } from './discover-options.ts'
import { discoveredFeeds } from './discovered-feeds.ts'
import { type FoundTables, findTables } from './find-tables.ts'
import { missingTables } from './missing-tables.ts'
import type { Again } from './partition-question.ts'
import { columnsKept, optionsOf, settingsOf } from './settings.ts'
import { sourceLog } from './source-log.ts'
import { storableText } from './storable-text.ts'
import { trackedBy } from './tracked.ts'

/** Connects each source once and asks what there is. A source that fails here fails only its own tables. */
export async function discoverSources(options: DiscoverOptions): Promise<Catalog> {
  const asked = await Promise.allSettled(options.sources.map((source) => discoverSource(source, options)))
  const sources = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const broken = asked.find((one) => one.status === 'rejected')
  if (broken === undefined) return { sources: withoutClashes(sources, options) }
  // Stopped: close the sources that had already connected.
  for (const source of sources) void source.close().catch(() => {})
  throw broken.reason
}

/**
 * Connects one source and asks what there is.
 *
 * @param onTable called with each table as soon as all is known of it.
 * @throws SyncError `fix-config`, code `config`, for a mistake in the config; the signal's reason where that aborts.
 */
export function discoverSource(
  source: ConfiguredSource,
  options: DiscoverOptions,
  onTable: (table: DiscoveredTable) => void = () => {},
): Promise<DiscoveredSource> {
  const guard = new SourceGuard(source.name)
  return guard.run(() => surveyGuarded(source, options, guard, onTable))
}

async function surveyGuarded(
  use: ConfiguredSource,
  options: DiscoverOptions,
  guard: SourceGuard,
  onTable: (table: DiscoveredTable) => void,
): Promise<DiscoveredSource> {
  const { clock, outOfTime } = options
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, guard.signal, over.signal, ...[outOfTime ?? []].flat()])
  const patience = { clock, signal, ms: silenceOf(options.settings) }
  const log = sourceLog(options.log, use.name)
  const silence = new Silence(QUESTIONS.most)
  const { onSilent } = options
  const again: Again = (what, work, endsItself) => {
    const ms = endsItself === undefined ? patience.ms : Number.POSITIVE_INFINITY
    const asking = { ...patience, ms, onSilent: () => onSilent?.(use.name, what) }
    return retry(() => silence.heed(() => answered(Promise.try(work), asking)), {
      clock,
      policy: options.settings.retry ?? DEFAULT_RETRY,
      signal,
      onRetry: (failure, attempt, delayMs) =>
        options.log.warn(`${use.name} did not answer, trying again in ${Math.ceil(delayMs / 1000)} s`, {
          event: 'source-retried',
          source: use.name,
          attempt,
          cause: failure.message,
        }),
    })
  }
  const { openSources } = options
  const open = openSources?.take(use.name)
  const kept = <T>(what: string, ask: () => Promise<T>): Promise<T> => open?.keep(what, ask) ?? ask()
  let client: unknown
  const close = async (): Promise<void> => {
    // A question that was given up may still be asked.
    over.abort(new DOMException('the source is let go', 'AbortError'))
    if (open !== undefined) return await open.release()
    await (client as { close?: () => unknown } | undefined)?.close?.()
  }
  const discovered = { name: use.name, log, close, guard }
  try {
    const source = adapted(use.source)
    const config = await configOf(use)
    const connect = () =>
      again('a connection', () =>
        connected(
          () =>
            source.connect?.(config as never, {
              signal: open?.signal ?? signal,
              log,
              secrets: options.secretsOf?.(use.name),
              pace: options.paceOf?.(use.name),
            }),
          patience,
        ),
      )
    client = await (open?.connected(connect) ?? connect())
    const identity = await kept('identity', () =>
      again('its identity', () => Promise.resolve(source.identity?.({ client: client as never }))),
    )
    storableText(`source "${use.name}": identity()`, identity, options.problemOf)
    const context = { client: client as never, signal, log }
    const tracked = trackedBy(use, options.state)
    const find = (now: Tracked): Promise<FoundTables> => findTables(source, { ...context, tracked: now }, again)
    const { tables: listedNow, feeds } = await kept('tables', () => find(tracked))
    const found = [...listedNow]
    const only = onlyOf(use, found, options)
    const missing =
      only === undefined
        ? missingTables(use, { found, state: options.state, acceptDeletions: options.acceptDeletions === true })
        : undefined
    if (only === undefined) checkOptions(use, found, options.state)
    const findTable: DiscoveredSource['findTable'] = async (name, known) => {
      const columns: Tracked['columns'] = (one) => (one === name ? known : tracked.columns(one))
      const table = (await find({ ...tracked, columns })).tables.find((one) => one.name === name)
      return table && { table, columns: columnsKept(use.name, table, use.options ?? {}) }
    }
    const result: DiscoveredSource & { tables: DiscoveredTable[] } = {
      ...{ ...discovered, client, failure: undefined, missing, tables: [] },
      feeds: {
        retired: [...feeds.values()].filter(({ retired }) => retired),
        wanted: [...feeds.values()].filter(({ retired }) => !retired),
      },
      findTable: typeof source.tables === 'function' ? findTable : undefined,
      findFed: async (feed) => {
        const before = new Set(found.map(({ name }) => name))
        const now = (await find(tracked)).tables.filter(({ feed: by, name }) => by?.name === feed && !before.has(name))
        found.push(...now)
        const taken = now.filter((table) => optionsOf(use.options, table.name) !== false)
        const tables = await askAll(described(taken))
        result.tables.push(...tables)
        return { tables, leftOut: now.filter((table) => !taken.includes(table)).map(({ name }) => name) }
      },
    }
    const lists = new Map<unknown, Promise<readonly Partition[]>>()
    const listed = (table: Table): Promise<readonly Partition[]> => {
      const { partitions } = table
      if (partitions === undefined) return Promise.resolve([''])
      let list = lists.get(partitions)
      if (list === undefined) {
        list = again(`the partitions of table "${table.name}"`, async () =>
          collect(await partitions.list(context as never)),
        )
        lists.set(partitions, list)
      }
      return list
    }
    const wanted = (only ?? found).filter((table) => optionsOf(use.options, table.name) !== false)
    const names = destinationNames(use, wanted, options)
    const fedBy = discoveredFeeds(feeds, {
      found,
      wanted,
      isWanted: (one) => options.wants(use.name, one.name, names.get(one)!.name),
    })
    const described = (some: readonly Table[]): readonly DiscoveredTable[] => {
      const named = destinationNames(use, some, options)
      const all = some.map((table) => ({
        ...describeTable(use, table, named.get(table)!, { discovered: result, identity, options }),
        ...(table.feed === undefined ? {} : { fed: fedBy.get(table.feed.name) }),
      }))
      const [{ tables }] = withoutClashes([{ ...result, tables: [...result.tables, ...all] }], options) as [
        DiscoveredSource,
      ]
      return tables.slice(result.tables.length)
    }
    const describeAgain: TableQuestion['describeAgain'] = async (before) => {
      const table = (await find(tracked)).tables.find(({ name }) => name === before.table.name)
      const placed = { name: before.name, problem: undefined, unplaced: before.unplaced === true }
      return table && describeTable(use, table, placed, { discovered: result, identity, options })
    }
    const askAll = async (some: readonly DiscoveredTable[], onOne?: (table: DiscoveredTable) => void) => {
      const asked = await mapLending(some, { ...QUESTIONS, clock }, async (one) => {
        const table = await askTable({ described: one, describeAgain, listed, again, signal, options })
        if (table !== undefined) onOne?.(table)
        return table
      })
      return asked.filter((one) => one !== undefined)
    }
    result.tables.push(...(await askAll(described(wanted), onTable)))
    return result
  } catch (error) {
    if (options.signal.aborted) {
      void close().catch(() => {})
      throw error
    }
    // A mistake in the config is the whole run's: nothing is read with it.
    if (SyncError.is(error) && error.code === 'config') {
      void close().catch(() => {})
      throw error
    }
    if (open !== undefined) await openSources?.end(use.name, open)
    return { ...discovered, client, failure: failureOf(error), tables: [] }
  }
}

/** The one table that is looked at, so that a window costs the same however many tables its source has; undefined: all. */
function onlyOf(
  use: ConfiguredSource,
  found: readonly Table[],
  { only, state }: DiscoverOptions,
): readonly Table[] | undefined {
  const known = only === undefined ? undefined : state.tables.get(only)
  if (known === undefined || known.source !== use.name) return undefined
  const one = found.find(({ name }) => name === known.table)
  return one && [one]
}

/** Waits for a connection; one that comes when nobody waits for it any more is closed. */
async function connected(connect: () => unknown, patience: Patience): Promise<unknown> {
  const connecting = Promise.try(connect)
  try {
    return await answered(connecting, patience)
  } catch (error) {
    connecting.then((client) => (client as { close?: () => unknown } | undefined)?.close?.()).catch(() => {})
    throw error
  }
}

/** A key under `tables` that names no table is a mistake, unless the table is known and only away. */
function checkOptions(use: ConfiguredSource, found: readonly Table[], state: State): void {
  for (const key of Object.keys(use.options?.tables ?? {})) {
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
      throw new SyncError('a partition is a non-empty string, or an object with a non-empty string "id"', 'fix-source')
    if (seen.has(id)) throw new SyncError(`the partition "${id}" was listed twice`, 'fix-source')
    seen.add(id)
    partitions.push(one as Partition)
  }
  return partitions
}

/** What is known of a table before the engine calls its source about it. */
function describeTable(
  source: ConfiguredSource,
  table: Table,
  { name, problem, unplaced }: DestinationName,
  {
    discovered,
    identity,
    options,
  }: {
    readonly discovered: DiscoveredSource
    readonly identity: string | undefined
    readonly options: DiscoverOptions
  },
): DiscoveredTable {
  const settings = settingsOf(source.name, table, source.options ?? {}, options.settings)
  const base = {
    ...{ name, unplaced: unplaced ? (true as const) : undefined, source: discovered, table, identity, partitions: [] },
    options: settings,
  }
  if (table.kind !== 'table') {
    const failure = failureOf(
      new SyncError(
        `table "${table.name}" is of a kind that this version does not support; install a newer one`,
        'upgrade',
        { code: 'contract' },
      ),
    )
    return { ...base, columns: table.columns, failure }
  }
  const failure = problem === undefined ? undefined : failureOf(problem)
  return { ...base, columns: columnsKept(source.name, table, source.options ?? {}), failure }
}

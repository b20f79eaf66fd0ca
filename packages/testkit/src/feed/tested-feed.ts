import { randomUUID } from 'node:crypto'
import type { Source } from '@tidemark/core'
import type { Destination, Feed, Table } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import type { Report } from '@tidemark/engine'
import { configOf } from '../source/opened.ts'
import { OpenPlace } from '../source/place.ts'
import { contents, demandSuccess, memory, runInto } from '../source/quiet-run.ts'
import { testRunner } from '../source/test-runner.ts'
import type { Waivers } from '../source/waivers.ts'
import type { FeedLawName } from './feed-law-name.ts'
import type { FeedTestOptions } from './feed-options.ts'
import { type FeedOpenOptions, OpenedFeed } from './opened-feed.ts'
import type { RawRow, ToldItem } from './told-rows.ts'

/** What else a test of the laws themselves may give. */
export interface FeedTestParts {
  /** Wraps each destination that a run writes. */
  readonly through?: ((destination: Destination) => Destination) | undefined
}

export interface FeedRunInto {
  readonly destination: Destination
  /** Rows of a batch; absent: as many as a run takes. */
  readonly batchRows?: number | undefined
  /** The feed as the run has it, in the place of the one that is tested. */
  readonly feed?: ((feed: Feed) => Feed) | undefined
  /** Tables, by their names in the source, that the config leaves out. */
  readonly without?: readonly string[] | undefined
}

/** A feed under test with its system: what laws look at. */
export class TestedFeed {
  readonly source: Source
  readonly feed: Feed
  readonly options: FeedTestOptions
  readonly law: FeedLawName
  readonly #waivers: Waivers
  readonly #through: (destination: Destination) => Destination

  constructor(
    source: Source,
    options: FeedTestOptions,
    {
      waivers,
      law,
      through = (destination) => destination,
    }: FeedTestParts & {
      readonly waivers: Waivers
      readonly law: FeedLawName
    },
  ) {
    this.source = source
    this.feed = feedOfSource(source, options.feed)
    this.options = options
    this.law = law
    this.#waivers = waivers
    this.#through = through
  }

  place(): Promise<OpenPlace> {
    return OpenPlace.open(this.options)
  }

  open(place: OpenPlace, options?: FeedOpenOptions): Promise<OpenedFeed> {
    return OpenedFeed.open(this.source, this.feed, configOf(this.source, this.options, place), options)
  }

  /** All that the feed tells from its beginning, and its tables. */
  async told(
    place: OpenPlace,
    { ends, ...options }: { readonly ends?: 'head' | 'quiet' } & FeedOpenOptions = {},
  ): Promise<{
    readonly tables: readonly Table[]
    readonly start: unknown
    readonly items: readonly ToldItem[]
  }> {
    await using opened = await this.open(place, options)
    const start = await opened.start(randomUUID())
    await this.happens(place, opened.tables)
    return { tables: opened.tables, start, items: await opened.told(start, ends) }
  }

  /** What it tells of what happens after an offset. */
  async toldSince(place: OpenPlace, offset: unknown, ends?: 'head' | 'quiet'): Promise<readonly ToldItem[]> {
    await using opened = await this.open(place)
    await this.happens(place, opened.tables)
    return await opened.told(offset, ends)
  }

  /** Adds rows to tables whose feed tells nothing of what was there before it began. */
  async happens({ folder, url }: OpenPlace, tables: readonly Table[]): Promise<void> {
    for (const { name, feed } of [...tables, ...tables])
      if (feed?.backfill !== undefined) await this.options.add?.({ table: name, folder, url })
  }

  async allTables(): Promise<readonly Table[]> {
    await using place = await this.place()
    await using opened = await this.open(place)
    return opened.tables
  }

  /** The tables that the law is asked about. */
  async tables(): Promise<readonly Table[]> {
    const all = await this.allTables()
    const names = all.map(({ name }) => name)
    const odd = this.#waivers.tables.find(({ table, law }) => law === this.law && !names.includes(table))
    if (odd !== undefined)
      throw new Error(
        `waive: there is no table "${odd.table}"; the tables of the feed are ${names.join(', ') || 'none'}`,
      )
    return all.filter(({ name }) => !this.isWaived(name))
  }

  isWaived(table: string): boolean {
    return this.#waivers.reasonFor(this.law, table) !== undefined
  }

  /** What the system has. */
  async rowsOf(place: OpenPlace, table: string): Promise<readonly RawRow[]> {
    return await this.options.rows({ table, folder: place.folder, url: place.url })
  }

  memory(): Promise<Destination> {
    return memory()
  }

  file(url: string): Promise<Destination> {
    return openDestination({ url, runner: testRunner(), isAlive: () => false })
  }

  /** One run of the real engine over this feed alone. */
  async run(
    place: OpenPlace,
    { destination, batchRows, feed = (one) => one, without = [] }: FeedRunInto,
  ): Promise<Report> {
    const source = { ...this.source, tables: [feed(this.feed)] }
    return await runInto({
      source,
      config: configOf(this.source, this.options, place),
      destination: this.#through(destination),
      partRows: batchRows,
      without,
    })
  }

  async runWell(place: OpenPlace, run: FeedRunInto): Promise<Report> {
    const report = await this.run(place, run)
    demandSuccess(report)
    return report
  }

  /** What a destination holds where it has these rows, by an engine that reads them as a whole. */
  async contentsOf(rows: ReadonlyMap<string, readonly RawRow[]>): Promise<ReadonlyMap<string, readonly string[]>> {
    const tables = (await this.allTables()).map(
      (table): Table => ({
        ...table,
        feed: undefined,
        async *read() {
          yield (rows.get(table.name) ?? []) as never
        },
      }),
    )
    const destination = await memory()
    try {
      const source = { ...this.source, config: undefined, connect: undefined, identity: undefined, tables }
      demandSuccess(await runInto({ source, config: {}, destination }))
      return await contents(destination)
    } finally {
      await destination.close()
    }
  }

  /** What a destination must hold now. */
  async expected(place: OpenPlace): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = new Map<string, readonly RawRow[]>()
    for (const { name } of await this.allTables()) rows.set(name, await this.rowsOf(place, name))
    return await this.contentsOf(rows)
  }
}

function feedOfSource({ name, tables }: Source, wanted: string | undefined): Feed {
  const feeds = typeof tables === 'function' ? [] : tables.filter((one): one is Feed => one.kind === 'feed')
  const names = feeds.map((feed) => feed.name).join(', ')
  if (feeds.length === 0) throw new Error(`source "${name}" has no feed; test it with testSource`)
  if (wanted === undefined && feeds.length > 1)
    throw new Error(`source "${name}" has several feeds; say which one to test as "feed": ${names}`)
  const found = wanted === undefined ? feeds[0] : feeds.find((feed) => feed.name === wanted)
  if (found === undefined) throw new Error(`source "${name}" has no feed "${wanted}"; its feeds are ${names}`)
  return found
}

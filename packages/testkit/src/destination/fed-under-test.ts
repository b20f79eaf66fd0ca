import type {
  FeedBatch,
  FeedCommitted,
  FeedTableBatch,
  FeedTableCommitted,
  Lease,
  PartialRow,
  Reject,
} from '@tidemark/core/engine'
import type { DestinationUnderTest, Row, TableSpec, TestTable } from './destination-under-test.ts'

/** Which feed the laws are about. */
export const FEED = { source: 'test', feed: 'log' } as const

/** A version of which a change told a part: what is absent was not told. */
export interface ToldPart {
  readonly told: Row
  /** Its key before; absent: its own; null: this life of the key began in this batch. */
  readonly from?: Row | null
}

/** Changes of one table, as a law writes them. */
export interface Told {
  readonly rows?: readonly Row[]
  readonly parts?: readonly ToldPart[]
  readonly deleted?: readonly Row[]
  readonly rejects?: readonly Reject[]
  readonly more?: Partial<FeedTableBatch>
}

/** A feed of a destination, and what is told of its tables. */
export class FeedUnderTest {
  readonly world: DestinationUnderTest
  readonly lease: Lease
  /** That of the next commit. */
  seq = 1n

  private constructor(world: DestinationUnderTest, lease: Lease) {
    this.world = world
    this.lease = lease
  }

  static async on(world: DestinationUnderTest): Promise<FeedUnderTest> {
    const { leases, refused } = await world.destination.leaseFeed(FEED)
    const [lease] = leases
    if (lease === undefined) throw new Error(`the feed is held by ${refused[0]?.host}`)
    const feed = new FeedUnderTest(world, lease)
    feed.seq = ((await feed.state())?.seq ?? 0n) + 1n
    return feed
  }

  /** Leases and prepares a table that joins the feed. */
  async table(spec: TableSpec): Promise<TestTable> {
    const table = await this.world.table({ ...spec, fed: true })
    await this.join(table)
    return table
  }

  async join({ lease, name }: TestTable): Promise<FeedCommitted> {
    return await this.commit([], { joins: [{ lease, table: name }] })
  }

  async state() {
    return (await this.world.destination.state()).feeds?.get('test/log')
  }

  /** Commits changes of tables with a checkpoint, unless it says otherwise. */
  async commit(
    told: readonly (readonly [TestTable, Told])[],
    more: Partial<FeedBatch> & { readonly offset?: string } = {},
  ): Promise<FeedCommitted> {
    const committed = await this.world.destination.commitFeed(this.lease, await this.batch(told, more))
    if ([...committed.tables.values()].every(({ withheld }) => withheld === undefined)) this.seq = committed.seq + 1n
    return committed
  }

  /** Commits changes of one table. */
  async tell(table: TestTable, told: Told, more: Partial<FeedBatch> = {}): Promise<FeedTableCommitted> {
    return (await this.commit([[table, told]], more)).tables.get(table.name)!
  }

  async batch(
    told: readonly (readonly [TestTable, Told])[],
    { offset = `"at ${this.seq}"`, ...more }: Partial<FeedBatch> & { readonly offset?: string } = {},
  ): Promise<FeedBatch> {
    const tables: FeedTableBatch[] = []
    for (const [table, one] of told) tables.push(await this.#changes(table, one))
    return {
      ...FEED,
      seq: this.seq,
      begins: this.seq === 1n ? { id: 'its own id', identity: 'a system' } : undefined,
      tables,
      checkpoint: { offset, toldAt: 1_000n },
      ...more,
    }
  }

  async #changes(
    table: TestTable,
    { rows = [], parts = [], deleted = [], rejects = [], more }: Told,
  ): Promise<FeedTableBatch> {
    return {
      lease: table.lease,
      step: await table.begin('changes'),
      number: 1,
      rows: rows.map((row) => this.#encode(table, row)),
      partial: parts.map((part) => this.#part(table, part)),
      deletions: deleted.map((key) => table.key(key)),
      rejects,
      counts: { read: rows.length + parts.length + rejects.length, deduped: 0, trimmed: 0, rejected: rejects.length },
      completes: { status: 'complete', last: true, purge: false },
      durationMs: 1,
      ...more,
    }
  }

  #encode({ prepared }: TestTable, row: Row): unknown[] {
    const encoded = prepared.encoder.plain(row, this.seq) ?? prepared.encoder.output(row, this.seq)
    if (!Array.isArray(encoded)) throw new Error(`column "${encoded.column}": ${encoded.reason}`)
    return encoded
  }

  #part(table: TestTable, { told, from }: ToldPart): PartialRow {
    const { columns, primaryKey } = table.shape
    const absent = columns.flatMap(({ name }, at) => (Object.hasOwn(told, name) ? [] : [at]))
    const key = Object.fromEntries(primaryKey.map((name) => [name, told[name]]))
    const none = Object.fromEntries(columns.map(({ name }) => [name, null]))
    return {
      row: this.#encode(table, { ...none, ...told }),
      untold: absent,
      origin: from === null ? undefined : table.key(from ?? key),
    }
  }
}

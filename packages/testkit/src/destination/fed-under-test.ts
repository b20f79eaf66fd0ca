import type {
  FeedBatch,
  FeedCommitted,
  FeedTableBatch,
  FeedTableCommitted,
  Lease,
  PartialRow,
  Reject,
  StepRef,
} from '@tidemark/core/engine'
import { UNCHANGED } from '@tidemark/core/engine'
import { z } from 'zod'
import {
  DestinationUnderTest,
  type Row,
  type TableSpec,
  type TestDatabase,
  type TestTable,
} from './destination-under-test.ts'

/** Which feed the laws are about. */
export const FEED = { source: 'test', feed: 'log' } as const

const Order = z.object({ id: z.int(), note: z.string().nullable(), total: z.int().nullable() })
export const ORDERS = { name: 'orders', row: Order, primaryKey: ['id'] }
/** An order as a source gives it, and as it is read. */
export const order = (id: number, note: string | null = `n${id}`, total: number | null = id) => ({ id, note, total })
export const row = (id: number, note: string | null, total: number | null) => ({
  id: BigInt(id),
  note,
  total: total === null ? null : BigInt(total),
})

/** A version of which a change told a part: what is absent was not told. */
export interface PartialChange {
  readonly values: Row
  /** Its key before; absent: its own; null: this life of the key began in this batch. */
  readonly from?: Row | null
  /** Columns that were told, and rejected. */
  readonly rejected?: readonly string[]
}

/** Changes of one table, as a law writes them. */
export interface FedChanges {
  readonly rows?: readonly Row[]
  readonly partial?: readonly PartialChange[]
  readonly deleted?: readonly Row[]
  readonly rejects?: readonly Reject[]
  readonly more?: Partial<FeedTableBatch>
}

/** A feed of a destination, and its tables. */
export class FeedUnderTest {
  readonly world: DestinationUnderTest
  readonly lease: Lease
  /** That of the next commit. */
  seq = 1n
  /** The step of each table, and how many batches it has. */
  readonly #steps = new Map<string, { readonly step: StepRef; batches: number }>()

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

  /** What the columns of the system hold, of all rows of a table in the order of their ids. */
  async kept(table = 'orders') {
    const { rows } = await this.world.destination.query(
      `select id, _cursor, _missing, case when _deleted_at is null then 0 else 1 end, cast(_synced_at as text) from ${table} order by id, _cursor`,
    )
    return rows.map(([id, seq, missing, deleted, syncedAt]) => ({
      id: Number(id),
      seq: Number(seq),
      missing: missing === null ? null : JSON.parse(String(missing)),
      deleted: Number(deleted) === 1,
      syncedAt,
    }))
  }

  /** What follows belongs to steps of another run. */
  runEnded(): void {
    this.#steps.clear()
  }

  async state() {
    return (await this.world.destination.state()).feeds?.get('test/log')
  }

  /** Commits changes of tables with a checkpoint, unless it says otherwise. */
  async commit(
    told: readonly (readonly [TestTable, FedChanges])[],
    more: Partial<FeedBatch> & { readonly offset?: string } = {},
  ): Promise<FeedCommitted> {
    const committed = await this.world.destination.commitFeed(this.lease, await this.batch(told, more))
    if ([...committed.tables.values()].every(({ withheld }) => withheld === undefined)) this.seq = committed.seq + 1n
    return committed
  }

  /** Commits changes of one table. */
  async tell(table: TestTable, told: FedChanges, more: Partial<FeedBatch> = {}): Promise<FeedTableCommitted> {
    return (await this.commit([[table, told]], more)).tables.get(table.name)!
  }

  async batch(
    told: readonly (readonly [TestTable, FedChanges])[],
    { offset = `"at ${this.seq}"`, ...more }: Partial<FeedBatch> & { readonly offset?: string } = {},
  ): Promise<FeedBatch> {
    const tables: FeedTableBatch[] = []
    for (const [table, one] of told) tables.push(await this.#changes(table, one))
    return {
      ...FEED,
      seq: this.seq,
      begins: this.seq === 1n ? { id: 'its own id', identity: 'a system', opaque: false } : undefined,
      tables,
      checkpoint: { offset, toldAt: 1_000n },
      ...more,
    }
  }

  async #changes(
    table: TestTable,
    { rows = [], partial = [], deleted = [], rejects = [], more }: FedChanges,
  ): Promise<FeedTableBatch> {
    const known = this.#steps.get(table.name) ?? { step: await table.begin('changes'), batches: 0 }
    this.#steps.set(table.name, known)
    return {
      lease: table.lease,
      step: known.step,
      number: ++known.batches,
      rows: rows.map((row) => this.#encode(table, row)),
      partial: partial.map((part) => this.#part(table, part)),
      deletions: deleted.map((key) => table.key(key)),
      rejects,
      counts: { read: rows.length + partial.length + rejects.length, deduped: 0, trimmed: 0, rejected: rejects.length },
      purge: false,
      completes: { status: 'complete', last: true },
      durationMs: 1,
      ...more,
    }
  }

  #encode({ prepared }: TestTable, row: Row): unknown[] {
    const encoded = prepared.encoder.plain(row, this.seq) ?? prepared.encoder.output(row, this.seq)
    if (!Array.isArray(encoded)) throw new Error(`column "${encoded.column}": ${encoded.reason}`)
    return encoded
  }

  #part(table: TestTable, { values, from, rejected = [] }: PartialChange): PartialRow {
    const { columns, primaryKey } = table.shape
    const isTold = (name: string) => Object.hasOwn(values, name) && !rejected.includes(name)
    const part = Object.fromEntries(columns.map(({ name }) => [name, isTold(name) ? values[name] : UNCHANGED]))
    const encoded = table.prepared.encoder.part(part, this.seq)
    if (!('untold' in encoded)) throw new Error(`column "${encoded.column}": ${encoded.reason}`)
    const key = Object.fromEntries(primaryKey.map((name) => [name, values[name]]))
    return {
      ...encoded,
      doubtful: encoded.untold.filter((at) => rejected.includes(columns[at]!.name)),
      origin: from === null ? undefined : table.key(from ?? key),
    }
  }
}

/** A destination with a feed and its table of orders. */
export interface FedWorld {
  readonly world: DestinationUnderTest
  readonly feed: FeedUnderTest
  readonly orders: TestTable
}

export async function openFedWorld(database: TestDatabase): Promise<FedWorld> {
  const world = await DestinationUnderTest.on(database)
  const feed = await FeedUnderTest.on(world)
  return { world, feed, orders: await feed.table(ORDERS) }
}

import type {
  Batch,
  Committed,
  Completion,
  Deletion,
  DeletionGuard,
  Destination,
  EncodedRow,
  KeyRangeRef,
  Lease,
  Prepared,
  Range,
  Reject,
  RejectLimit,
  Runner,
  Shape,
  StateChange,
  StepKind,
  StepRef,
} from '@tidemark/core/engine'
import { columnsOf, isLoose, positionOf } from '@tidemark/core/engine'
import type { z } from 'zod'

/** One database, made for one test, that several runners may connect to. */
export interface TestDatabase {
  connect(options: ConnectOptions): Promise<Destination>
  /** Runs a statement as a user would, through a connection of its own. */
  execute(statement: string): Promise<void>
  /** Takes it away; every connection is closed by then. */
  remove(): Promise<void>
}
export interface ConnectOptions {
  readonly runner: Runner
  readonly leaseMs?: number
  readonly isAlive?: (holder: Runner) => boolean | undefined
}

export type Row = Readonly<Record<string, unknown>>

export interface TableSpec extends Pick<Shape, 'runs'> {
  readonly name?: string
  readonly row: z.ZodObject
  readonly primaryKey?: readonly string[]
  readonly cursor?: string
  readonly partitioned?: boolean
  readonly globalKey?: boolean
  readonly mode?: Shape['mode']
  readonly identity?: string
  readonly source?: string
  readonly table?: string
  readonly aliases?: readonly string[]
  /** A feed tells its rows. */
  readonly fed?: true
  /** Absent: the row's columns. */
  readonly declared?: readonly string[]
}

export function runnerNamed(id: string, more: Partial<Runner> = {}): Runner {
  return { id, host: 'test-host', pid: 4711, startedAt: 1n, ...more }
}

/** A destination with a run that has begun. */
export class DestinationUnderTest {
  readonly destination: Destination
  readonly run: number
  #steps = 0

  private constructor(destination: Destination, run: number) {
    this.destination = destination
    this.run = run
  }

  static async on(
    database: TestDatabase,
    options: ConnectOptions = { runner: runnerNamed('one') },
  ): Promise<DestinationUnderTest> {
    const destination = await database.connect(options)
    return new DestinationUnderTest(destination, await destination.startRun())
  }

  nextStep(): number {
    return ++this.#steps
  }

  /** Leases and prepares a table. */
  async table(spec: TableSpec): Promise<TestTable> {
    const shape = shapeOf(spec)
    const lease = await this.lease(shape.name)
    return new TestTable(this, shape, lease, await this.destination.prepare(lease, shape))
  }

  async lease(name: string): Promise<Lease> {
    const { leases, refused } = await this.destination.lease([name])
    const [lease] = leases
    if (lease === undefined)
      throw new Error(
        `the lease of "${name}" was refused: ${JSON.stringify(refused, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
      )
    return lease
  }
}

export function shapeOf(spec: TableSpec): Shape {
  const columns = columnsOf(spec.row)
  const cursor = columns.find(({ name }) => name === spec.cursor)
  const name = spec.name ?? 'things'
  return {
    name,
    source: spec.source ?? 'test',
    table: spec.table ?? name,
    aliases: spec.aliases,
    columns,
    primaryKey: spec.primaryKey ?? [],
    globalKey: spec.globalKey ?? false,
    partitioned: spec.partitioned ?? false,
    cursor:
      cursor === undefined ? undefined : { column: cursor.name, type: cursor.type as 'integer', precision: undefined },
    loose: isLoose(spec.row),
    declared: spec.declared ?? columns.map(({ name }) => name),
    mode: spec.mode ?? 'evolve',
    identity: spec.identity,
    ...{ fed: spec.fed, runs: spec.runs },
  }
}

/** A key that is gone, at a position. */
export interface Told {
  readonly key: Row
  readonly at?: bigint | number | null
}

export interface WriteOptions {
  readonly partition?: string
  readonly kind?: StepKind
  readonly window?: Range
  readonly keyRange?: KeyRangeRef
  readonly deleted?: readonly Told[]
  readonly rejects?: readonly Reject[]
  readonly tombstones?: boolean
  readonly step?: StepRef
  readonly deletionGuard?: Partial<DeletionGuard>
  readonly rejectLimit?: RejectLimit
  readonly completes?: Partial<Completion> | false
  readonly staging?: 'fill' | 'move'
  readonly number?: number
  readonly lateBelow?: bigint
  readonly lateDeleted?: readonly Told[]
  readonly truth?: Range
  /** Keys that the source has elsewhere. */
  readonly alive?: readonly Row[]
}

export class TestTable {
  readonly world: DestinationUnderTest
  readonly shape: Shape
  readonly lease: Lease
  readonly prepared: Prepared

  constructor(world: DestinationUnderTest, shape: Shape, lease: Lease, prepared: Prepared) {
    this.world = world
    this.shape = shape
    this.lease = lease
    this.prepared = prepared
  }

  get name(): string {
    return this.prepared.name
  }

  /** The same table with another shape, by the same lease. */
  async reshaped(spec: TableSpec): Promise<TestTable> {
    const shape = shapeOf(spec)
    return new TestTable(this.world, shape, this.lease, await this.world.destination.prepare(this.lease, shape))
  }

  /** Encodes as the engine does: by the compiled checks, else what zod gives. */
  encode(row: Row): EncodedRow {
    const { cursor } = this.shape
    const position = cursor === undefined ? null : (positionOf(row[cursor.column], cursor.type) ?? null)
    const encoded = this.prepared.encoder.plain(row, position) ?? this.prepared.encoder.output(row, position)
    if (!Array.isArray(encoded)) throw new Error(`column "${encoded.column}": ${encoded.reason}`)
    return encoded
  }

  key(key: Row): readonly unknown[] {
    const encoded = this.prepared.encoder.encodeKey(key)
    if ('reason' in encoded) throw new Error(`column "${encoded.column}": ${encoded.reason}`)
    return encoded
  }

  async begin(
    kind: StepKind,
    { partition = '', window, keyRange }: Pick<WriteOptions, 'partition' | 'window' | 'keyRange'> = {},
  ): Promise<StepRef> {
    const beganAt = await this.world.destination.now()
    const { run } = this.world
    const step = { run, step: this.world.nextStep(), table: this.name, partition, kind, window, attempt: 1, beganAt }
    return keyRange === undefined ? step : { ...step, keyRange }
  }

  /** Commits one batch, in a separate step that ends with it, unless the options say otherwise. */
  async write(rows: readonly Row[], options: WriteOptions = {}): Promise<Committed> {
    return await this.world.destination.commit(this.lease, await this.batch(rows, options))
  }

  async batch(rows: readonly Row[], options: WriteOptions = {}): Promise<Batch> {
    const { staging, deletionGuard, rejects = [], deleted = [] } = options
    const kind = options.kind ?? (this.shape.cursor === undefined ? 'full_refresh' : 'backfill')
    const step = options.step ?? (await this.begin(kind, options))
    const cover = step.window ?? (this.shape.cursor === undefined ? undefined : { from: undefined, to: 1000n })
    const completes = { cover, last: true, status: 'complete' as const, purge: false, ...(options.completes || {}) }
    return {
      step,
      number: options.number ?? 1,
      rows: rows.map((row) => this.encode(row)),
      deletions: this.deletions(deleted),
      truth: options.truth,
      lateDeletions: this.deletions(options.lateDeleted ?? []),
      rejects,
      counts: { read: rows.length + rejects.length, deduped: 0, trimmed: 0, rejected: rejects.length },
      staging,
      lateBelow: options.lateBelow,
      alive: options.alive?.map((key) => this.key(key)),
      tombstones: options.tombstones ?? false,
      deletionGuard: staging === 'move' ? { markDeleted: true, deletedBefore: 0, ...deletionGuard } : undefined,
      rejectLimit: options.rejectLimit,
      completes: options.completes === false || staging === 'fill' ? undefined : completes,
      durationMs: 1,
    }
  }

  deletions(told: readonly Told[]): readonly Deletion[] {
    return told.map(({ key, at = null }) => ({ key: this.key(key), position: at }))
  }

  /** Reads the whole of a partition (or a window) again: through staging, in so many parts. */
  async replace(rows: readonly Row[], options: WriteOptions & { readonly batches?: number } = {}): Promise<Committed> {
    const kind = options.kind ?? (this.shape.cursor === undefined ? 'full_refresh' : 'resync')
    const step = options.step ?? (await this.begin(kind, options))
    const size = Math.max(1, Math.ceil(rows.length / (options.batches ?? 1)))
    let number = 1
    let at = 0
    for (; at + size < rows.length; at += size) {
      await this.write(rows.slice(at, at + size), { step, staging: 'fill', number: number++ })
    }
    return await this.write(rows.slice(at), { ...options, step, staging: 'move', number })
  }

  async record(...changes: readonly StateChange[]): Promise<void> {
    await this.world.destination.record(this.lease, changes)
  }

  /** Rows that are not marked. */
  async incremental(
    options: { readonly partition?: string; readonly window?: Range } = {},
  ): Promise<readonly Record<string, unknown>[]> {
    return await gathered(this.world.destination.read(this.name, options))
  }

  async all(options: { readonly partition?: string } = {}): Promise<readonly Record<string, unknown>[]> {
    return await gathered(this.world.destination.read(this.name, { ...options, deleted: true }))
  }

  /** Values of one column of the rows that are not marked. */
  async column(
    name: string,
    options: { readonly partition?: string; readonly window?: Range } = {},
  ): Promise<readonly unknown[]> {
    return (await this.incremental(options)).map((row) => row[name])
  }

  async state() {
    const { tables } = await this.world.destination.state()
    return tables.get(this.name)!
  }

  async partition(partition = '') {
    return (await this.state()).partitions.get(partition)!
  }
}

export async function gathered<T>(all: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const one of all) list.push(one)
  return list
}

/** A reject of a row whose key can be read. */
export function rejectOf(key: string | undefined, more: Partial<Reject> = {}): Reject {
  return {
    key,
    encodedKey: undefined,
    position: undefined,
    code: 'invalid',
    message: 'no good',
    payload: '{}',
    hash: `hash of ${key}`,
    ...more,
  }
}

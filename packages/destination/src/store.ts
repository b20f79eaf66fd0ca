import type {
  Committed,
  Comparison,
  DecideNotices,
  Destination,
  FeedBatch,
  FeedChunk,
  FeedCommitted,
  FeedRef,
  Lease,
  LeasedWindow,
  Leases,
  Prepared,
  Project,
  QueryResult,
  ReadOptions,
  RunChange,
  RunLog,
  RunLogFilter,
  Shape,
  State,
  StateChange,
} from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Committing, FencedOptions } from './committing.ts'
import { openComparison, planComparison } from './compare/open-comparison.ts'
import { storedTable } from './compare/stored-table.ts'
import type { Connections, Dialect, Session } from './dialects/dialect.ts'
import type { Target } from './dialects/target.ts'
import { EarlyInserts } from './early-inserts.ts'
import { commitBatch } from './feed-batch.ts'
import { forgetDropped } from './forget-dropped.ts'
import { Leasing } from './leasing.ts'
import { namedChange } from './named-change.ts'
import { preparedTable } from './prepared-table.ts'
import { recordChanges } from './record-changes.ts'
import { TableRelocation } from './relocate/relocation.ts'
import { commitRows } from './row-batch.ts'
import { incompleteKeys, readMissing } from './rows/missing.ts'
import { readRows } from './rows/read.ts'
import { Stagings } from './rows/stagings.ts'
import { TableWriter } from './rows/table-writer.ts'
import { Clock } from './state/clock.ts'
import { unreadChunks } from './state/feed-chunks.ts'
import { fence, stillHeld } from './state/fence.ts'
import { notAlone } from './state/fenced.ts'
import { remembersTables } from './state/known-tables.ts'
import type { LeaseOptions } from './state/lease-options.ts'
import { LeaseTurns } from './state/lease-turns.ts'
import { recordNotices } from './state/notices.ts'
import { readLog } from './state/run-log.ts'
import { beat } from './state/runner-record.ts'
import { readState } from './state/state-read.ts'
import { factsOfTable, forget, recordRunFact, startRun } from './state/state-store.ts'
import { checkPartition, textProblem } from './table/check-partition.ts'
import { tableName } from './table/names.ts'
import { planTable } from './table/prepare.ts'
import { previewTable } from './table/preview.ts'
import { Turns } from './turns.ts'

export interface StoreOptions extends Omit<LeaseOptions, 'flavor'> {
  readonly project?: Project | undefined
}

/** Tables and state in one SQL database. What differs between databases is in the dialect and its connections. */
export class SqlStore implements Destination {
  readonly relocation: TableRelocation
  readonly nameOf = tableName
  readonly #connections: Connections
  readonly #dialect: Dialect
  readonly #options: LeaseOptions & { readonly project?: Project | undefined }
  readonly #clock = new Clock()
  readonly #targets = new Map<string, () => Target>()
  readonly #prepares: Turns
  readonly #leasing: Leasing
  readonly #committing: Committing

  constructor(connections: Connections, dialect: Dialect, options: StoreOptions) {
    this.#connections = connections
    this.#dialect = dialect
    this.#prepares = new Turns(dialect.preparesAtOnce)
    this.#options = { ...options, flavor: remembersTables(dialect.flavor) }
    const stagings = new Stagings(dialect.reusesStagingNames)
    const earlyInserts = new EarlyInserts(connections, dialect)
    this.#leasing = new Leasing(connections, { stagings, earlyInserts }, this.#options)
    this.#committing = {
      dialect,
      read: (work) => this.#read(work),
      options: this.#options,
      leasing: this.#leasing,
      turns: new LeaseTurns(),
      stagings,
      earlyInserts,
      writerOf: ({ table }, session) => {
        const target = this.#targets.get(table)?.()
        return target && new TableWriter({ dialect, session, target })
      },
      fenced: (...work) => this.#fenced(...work),
    }
    this.relocation = new TableRelocation({
      connections,
      dialect,
      prove: async (db, lease) => void (await fence(db, lease, options.runner, dialect.flavor)),
      fenced: (lease, work) => this.#fenced(lease, { mode: 'write' }, work),
    })
  }

  get profile() {
    return this.#dialect.profile
  }

  problemOf(...asked: Parameters<Destination['problemOf']>): string | undefined {
    return textProblem(this.#dialect.codec.repertoire, ...asked)
  }

  async now(): Promise<bigint> {
    const [row] = await this.#connections.ask(sql<{ now: bigint }>`select ${this.#dialect.flavor.now} as now`)
    return this.#clock.stamp(row!.now)
  }

  async state(tables?: readonly string[]): Promise<State> {
    const question = { project: this.#options.project, only: tables?.map(tableName) }
    return await this.#read((session) => readState(session, this.#options.flavor, question))
  }

  async startRun(): Promise<number> {
    return await this.#write(({ db }) => beat(db, this.#options).then(() => startRun(db, this.#options)))
  }

  lease(tables: readonly string[]): Promise<Leases> {
    return this.#leasing.lease(tables)
  }

  leaseWindows(windows: readonly LeasedWindow[]): Promise<Leases> {
    return this.#leasing.leaseWindows(windows)
  }

  leaseFeed(feed: FeedRef): Promise<Leases> {
    return this.#leasing.leaseFeed(feed)
  }

  leaseBeside(lease: Lease): Promise<Lease> {
    return this.#leasing.leaseBeside(lease)
  }

  renew(): Promise<void> {
    return this.#leasing.renew()
  }

  release(leases: readonly Lease[]): Promise<void> {
    return this.#leasing.release(leases)
  }

  prepare(lease: Lease, shape: Shape): Promise<Prepared> {
    const name = tableName(shape.name)
    return this.#prepares.take(async () => {
      const plan = ({ db }: Session) => planTable(db, this.#dialect.editor, name, lease, shape, this.#options.project)
      const { schema: recorded, work, isNew: isSmall } = await this.#read(plan)
      if (work !== undefined && lease.window !== undefined) throw notAlone(name)
      // Small transactions that come at the same time are committed together: none of them waits for nothing.
      if (work !== undefined && this.#committing.earlyInserts.has(name)) await this.#committing.earlyInserts.ended(name)
      const how: FencedOptions = { mode: 'shape', isSmall }
      const changes = work === undefined ? [] : await this.#fenced(lease, how, ({ db }, now) => work(db, now))
      const { prepared, target } = preparedTable(this.#dialect, { name, shape, schema: recorded, changes })
      if (shape.fed === true) await forgetDropped(this.#committing, lease, target())
      this.#targets.set(name, target)
      return prepared
    })
  }

  async preview(shape: Shape): Promise<Prepared> {
    const { editor, codec } = this.#dialect
    return await this.#read(({ db }) =>
      previewTable(db, editor, { shape, forms: codec, project: this.#options.project }),
    )
  }

  async commit(...[lease, batch, within]: Parameters<Destination['commit']>): Promise<Committed> {
    checkPartition(lease.table, batch.step.partition, this.#dialect.codec.repertoire)
    return await commitRows(this.#committing, lease, batch, within)
  }

  commitFeed(lease: Lease, batch: FeedBatch): Promise<FeedCommitted> {
    return commitBatch(this.#committing, lease, batch)
  }

  async chunks(table: string, most: number): Promise<readonly FeedChunk[]> {
    return await this.#read(({ db }) => unreadChunks(db, tableName(table), most))
  }

  async incomplete(table: string, most: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const target = this.#targets.get(tableName(table))?.()
    if (target === undefined) return []
    return await this.#read((session) => incompleteKeys({ session, target, dialect: this.#dialect }, most))
  }

  missing(...[lease, step, late]: Parameters<Destination['missing']>): ReturnType<Destination['missing']> {
    return readMissing({
      connections: this.#connections,
      dialect: this.#dialect,
      target: this.#targets.get(lease.table)?.(),
      staging: this.#committing.stagings.of(lease, step.partition),
      step,
      lateRows: late,
    })
  }

  async record(lease: Lease, changes: readonly StateChange[]): Promise<void> {
    const { repertoire } = this.#dialect.codec
    for (const change of changes) if ('partition' in change) checkPartition(lease.table, change.partition, repertoire)
    await recordChanges(this.#committing, lease, changes)
  }

  async recordRun(run: number, changes: readonly RunChange[]): Promise<void> {
    await this.#write(async ({ db }) => {
      for (const change of changes) {
        await recordRunFact(db, run, namedChange(change), this.#options)
      }
    })
  }

  async recordNotices(channel: string, decide: DecideNotices): Promise<void> {
    await this.#write(({ db }) => recordNotices(db, { ...this.#options, channel }, decide))
  }

  async runLog(run: number, filter: RunLogFilter = {}): Promise<RunLog> {
    return await this.#read(({ db }) => readLog(db, this.#options.flavor, run, filter))
  }

  async reset(lease: Lease, table: string): Promise<void> {
    const name = tableName(table)
    await this.#committing.earlyInserts.ended(name)
    await this.#fenced(lease, { mode: 'shape' }, async (session) => {
      await session.empty(name)
      await forget(session.db, name)
    })
    this.#targets.delete(name)
  }

  async *read(table: string, options: ReadOptions = {}): AsyncGenerator<Record<string, unknown>> {
    const name = tableName(table)
    const dialect = this.#dialect
    yield* this.#connections.reading(name, async function* (session) {
      const recorded = await factsOfTable(session.db, name)
      yield* readRows({ dialect, session }, { name, schema: recorded, options })
    })
  }

  async compare(shape: Shape): Promise<Comparison> {
    const { editor, codec, canonical } = this.#dialect
    const name = tableName(shape.name)
    const plan = await this.#read(({ db }) => planComparison({ db, editor, name, shape }))
    return openComparison({ forms: codec, canonical }, plan, storedTable(this.#connections, this.#dialect, plan.layout))
  }

  query(...asked: Parameters<Destination['query']>): Promise<QueryResult> {
    return this.#connections.query(...asked)
  }

  async close(): Promise<void> {
    await this.#committing.earlyInserts.ended()
    await this.#connections.close()
  }

  async #read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#connections.transaction({ mode: 'read' }, work)
  }

  async #write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#connections.transaction({ mode: 'write' }, work)
  }

  /**
   * A transaction that holds a table's fence; whoever was replaced gets no further than its first statement. Where the
   * answer to COMMIT is lost, the count of the lease's commits says whether it was done.
   *
   * @param done what is true once it is committed; nothing of the lease runs in between.
   */
  async #fenced<T>(
    lease: Lease,
    how: FencedOptions,
    work: (session: Session, now: bigint) => Promise<T>,
    done?: (result: T) => void,
  ): Promise<T> {
    let commits = 0n
    const { runner, flavor } = this.#options
    return await this.#committing.turns.take(lease, async () => {
      const landed = async ({ db }: Session) => (await stillHeld(db, lease, runner)) >= commits
      const options = { ...how, table: lease.feed === true ? undefined : lease.table, landed }
      const result = await this.#connections.transaction(options, async (session) => {
        const held = await fence(session.db, lease, runner, flavor)
        commits = held.commits
        return await work(session, this.#clock.stamp(held.now))
      })
      done?.(result)
      return result
    })
  }
}

import type { DatabaseSync } from 'node:sqlite'
import type {
  Committed,
  Comparison,
  Destination,
  Fact,
  Lease,
  Leases,
  Part,
  Prepared,
  QueryResult,
  ReadOptions,
  Relocation,
  RunFact,
  Shape,
  State,
} from '@tidemark/core/engine'
import { type Kysely, sql } from 'kysely'
import { openComparison, planComparison } from '../../compare/open-comparison.ts'
import { commitPart } from '../../rows/commit.ts'
import { isOf } from '../../rows/row-writer.ts'
import { Stagings } from '../../rows/stagings.ts'
import { Clock } from '../../state/clock.ts'
import { beat, type LeaseOptions, releaseLeases, takeLeases } from '../../state/leases.ts'
import { readState } from '../../state/state-read.ts'
import { factsOfTable, fence, forget, recordFact, recordRunFact, startRun } from '../../state/state-store.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import { checkPartition, textProblem } from '../../table/check-partition.ts'
import { layOut } from '../../table/columns.ts'
import { tableName } from '../../table/names.ts'
import { planTable } from '../../table/prepare.ts'
import { previewTable } from '../../table/preview.ts'
import { UNICODE } from '../../table/repertoire.ts'
import { decode } from '../../values/decode.ts'
import { encoderOf } from '../../values/encoder.ts'
import { TEXT_FORMS } from '../../values/forms.ts'
import type { Database } from './database.ts'
import { explain } from './errors.ts'
import { sqliteFlavor } from './flavor.ts'
import { sqliteMaker } from './maker.ts'
import { readMissing } from './missing.ts'
import type { SqliteOptions } from './options.ts'
import { presentTables } from './present.ts'
import { sqliteProfile } from './profile.ts'
import { runQuery } from './query.ts'
import { readRows } from './read.ts'
import { openReadingConnection, type ReadingConnection } from './reading-connection.ts'
import { sqliteRelocation } from './relocate.ts'
import { dropStaging, type SqliteStaging } from './staging.ts'
import { mainTable } from './statements.ts'
import { storedTable } from './stored.ts'
import { Target } from './target.ts'
import { Transactions } from './transactions.ts'
import { sqliteWriter } from './writer.ts'

type Change = (partition: string, staging: SqliteStaging | undefined) => void

/** Statements of so many tables are kept; each table's take some hundred kilobytes. */
const KEPT = 16

/** Tables and state in one SQLite file. */
export class SqliteDestination implements Destination {
  readonly profile = sqliteProfile
  readonly relocation: Relocation
  readonly nameOf = tableName
  readonly #database: Database
  readonly #options: LeaseOptions & SqliteOptions
  readonly #transactions: Transactions
  readonly #clock = new Clock()
  readonly #targets = new Map<string, Target>()
  readonly #stagings = new Stagings<SqliteStaging>()
  #reader: ReadingConnection | undefined

  constructor(database: Database, options: LeaseOptions & SqliteOptions) {
    this.#database = database
    this.#transactions = new Transactions(database)
    this.relocation = sqliteRelocation(database, this.#transactions, options)
    this.#options = options
  }

  problemOf(...asked: Parameters<Destination['problemOf']>): string | undefined {
    return textProblem(UNICODE, ...asked)
  }

  async now(): Promise<bigint> {
    const { rows } = await this.#transactions.guard(() =>
      sql<{ now: bigint }>`select ${sqliteFlavor.now} as now`.execute(this.#database.db),
    )
    return this.#clock.stamp(rows[0]!.now)
  }

  async state(): Promise<State> {
    return await this.#transactions.read((db) =>
      readState(db, sqliteFlavor, (names) => presentTables(this.#database, names), this.#options.project),
    )
  }

  async startRun(): Promise<number> {
    return await this.#transactions.write(async (db) => {
      await beat(db, this.#options)
      return await startRun(db, this.#options)
    })
  }

  async lease(tables: readonly string[]): Promise<Leases> {
    return await this.#transactions.write((db) => takeLeases(db, tables.map(tableName), this.#options))
  }

  async renew(): Promise<void> {
    await this.#transactions.guard(() => beat(this.#database.db, this.#options))
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return
    await this.#transactions.write((db) => releaseLeases(db, leases, this.#options.runner))
    await this.#dropStagings(leases)
  }

  async prepare(lease: Lease, shape: Shape): Promise<Prepared> {
    const name = tableName(shape.name)
    const { db, raw } = this.#database
    const { facts, work } = await this.#transactions.guard(() =>
      planTable(db, sqliteMaker(this.#database), name, lease, shape, this.#options.project),
    )
    const changes = work === undefined ? [] : await this.#fenced(lease, work)
    const layout = layOut(name, shape, facts.columns)
    this.#targets.set(name, new Target(layout, raw, db))
    return { name, facts, encoder: encoderOf(layout, TEXT_FORMS), changes }
  }

  async preview(shape: Shape): Promise<Prepared> {
    const options = { shape, forms: TEXT_FORMS, project: this.#options.project }
    return await this.#transactions.read((db) => previewTable(db, sqliteMaker(this.#database), options))
  }

  async commit(lease: Lease, part: Part): Promise<Committed> {
    const name = tableName(lease.table)
    checkPartition(name, part.step.partition, UNICODE)
    const target = this.#target(name)
    const step = { ...part.step, table: name }
    const stagings = this.#stagings
    return await this.#staged(lease, (change) =>
      this.#fenced(lease, async (db, now) => {
        const staging = stagings.of(lease, step.partition)
        const output = await commitPart({
          db,
          writer: target === undefined ? undefined : sqliteWriter(target),
          lease: { ...lease, table: name },
          part: { ...part, step },
          now,
          staging,
          freeSlot: () => stagings.freeSlot(),
        })
        await beat(db, this.#options)
        if (output.staging !== staging) change(step.partition, output.staging)
        return output.committed
      }),
    )
  }

  missing(...[lease, step, late]: Parameters<Destination['missing']>): ReturnType<Destination['missing']> {
    const target = this.#target(tableName(lease.table))
    return readMissing(this.#transactions, target, this.#stagings.of(lease, step.partition), { step, late })
  }

  async record(lease: Lease, facts: readonly Fact[]): Promise<void> {
    const name = tableName(lease.table)
    for (const fact of facts) if ('partition' in fact) checkPartition(name, fact.partition, UNICODE)
    await this.#staged(lease, (change) =>
      this.#fenced(lease, async (db, now) => {
        for (const fact of facts) {
          await recordFact(db, name, fact, now)
          if (fact.kind !== 'failure') continue
          const { partition } = fact.step
          const staging = this.#stagings.of(lease, partition)
          if (staging === undefined || !isOf(staging, fact.step)) continue
          dropStaging(staging)
          change(partition, undefined)
        }
      }),
    )
  }

  async recordRun(run: number, facts: readonly RunFact[]): Promise<void> {
    await this.#transactions.write(async (db) => {
      for (const fact of facts) {
        const named = fact.kind === 'removed' ? { ...fact, table: tableName(fact.table) } : fact
        await recordRunFact(db, run, named, { ...this.#options, flavor: sqliteFlavor })
      }
    })
  }

  async reset(lease: Lease, table: string): Promise<void> {
    const name = tableName(table)
    await this.#fenced(lease, async (db) => {
      if (presentTables(this.#database, [name]).get(name) === 'rows')
        await sql`delete from ${mainTable(name)}`.execute(db)
      await forget(db, name)
    })
    this.#targets.delete(name)
  }

  async *read(table: string, options: ReadOptions = {}): AsyncGenerator<Record<string, unknown>> {
    const name = tableName(table)
    const { db, raw, path } = this.#database
    const facts = await this.#transactions.guard(() => factsOfTable(db, name))
    const rows = (connection: DatabaseSync) => readRows(connection, db, { name, facts, options })
    if (path === ':memory:') {
      yield* await this.#transactions.read(async () => [...rows(raw)])
      return
    }
    // It sees one moment, and whoever consumes the rows slowly is in nobody's way.
    const reader = openReadingConnection(this.#database, this.#options)
    try {
      yield* rows(reader.raw)
    } catch (error) {
      throw explain(error, path)
    } finally {
      reader.close()
    }
  }

  async compare(shape: Shape): Promise<Comparison> {
    const name = tableName(shape.name)
    const options = { maker: sqliteMaker(this.#database), name, shape, forms: TEXT_FORMS, canonical: decode }
    const plan = await this.#transactions.read((db) => planComparison({ ...options, db }))
    return await this.#transactions.guard(async () => {
      const reader = openReadingConnection(this.#database, this.#options)
      return openComparison(options, plan, storedTable(this.#database.db, reader, plan.layout))
    })
  }

  async query(statement: string): Promise<QueryResult> {
    const { raw, path } = this.#database
    if (path === ':memory:') return await this.#transactions.read(async () => runQuery(raw, statement))
    return await this.#transactions.guard(async () => {
      // Kept: a connection reads the definitions of all tables before its first answer.
      this.#reader ??= openReadingConnection(this.#database, this.#options)
      return runQuery(this.#reader.raw, statement)
    })
  }

  async close(): Promise<void> {
    this.#reader?.close()
    this.#reader = undefined
    await this.#database.db.destroy()
    if (this.#database.raw.isOpen) this.#database.raw.close()
  }

  /** Statements of the tables that are written now are kept; those of the others are given back. */
  #target(name: string): Target | undefined {
    const target = this.#targets.get(name)
    if (target === undefined) return undefined
    this.#targets.delete(name)
    this.#targets.set(name, target)
    if (this.#targets.size > KEPT) [...this.#targets.values()].at(-KEPT - 1)?.forget()
    return target
  }

  /** Behind the connection's mutex, so that it falls into nobody's transaction. */
  async #dropStagings(leases: readonly Lease[]): Promise<void> {
    if (leases.every((lease) => this.#stagings.under(lease).length === 0)) return
    await this.#transactions.guard(() =>
      this.#database.db.connection().execute(async () => {
        for (const lease of leases) {
          for (const [partition, staging] of this.#stagings.under(lease)) {
            dropStaging(staging)
            this.#stagings.set(lease, partition, undefined)
          }
        }
      }),
    )
  }

  /**
   * Does work that changes staging tables in a transaction. What is known of them changes within it, so that whoever
   * waits behind the connection's mutex finds what is there, and changes back where it is not committed.
   */
  async #staged<T>(lease: Lease, work: (change: Change) => Promise<T>): Promise<T> {
    const before = new Map<string, SqliteStaging | undefined>()
    try {
      return await work((partition, staging) => {
        if (!before.has(partition)) before.set(partition, this.#stagings.of(lease, partition))
        this.#stagings.set(lease, partition, staging)
      })
    } catch (error) {
      for (const [partition, staging] of before) this.#stagings.set(lease, partition, staging)
      throw error
    }
  }

  /** A transaction that holds a table's fence; whoever was replaced gets no further than its first statement. */
  async #fenced<T>(lease: Lease, work: (db: Kysely<StateDatabase>, now: bigint) => Promise<T>): Promise<T> {
    const { runner, flavor } = this.#options
    return await this.#transactions.write(
      async (db) => await work(db, this.#clock.stamp((await fence(db, lease, runner, flavor)).now)),
    )
  }
}

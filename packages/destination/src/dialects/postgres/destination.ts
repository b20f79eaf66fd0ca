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
import { factsOfTable, fence, forget, recordFact, recordRunFact, startRun, stillHeld } from '../../state/state-store.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import { checkPartition, textProblem } from '../../table/check-partition.ts'
import { layOut } from '../../table/columns.ts'
import { tableName } from '../../table/names.ts'
import { planTable } from '../../table/prepare.ts'
import { previewTable } from '../../table/preview.ts'
import { encoderOf } from '../../values/encoder.ts'
import type { Forms } from '../../values/forms.ts'
import { emptyTable } from './empty-table.ts'
import { postgresFlavor } from './flavor.ts'
import { formsOf, shownForm } from './forms.ts'
import { limitedQuery } from './limited-query.ts'
import { explainingLock, unlocked } from './locks.ts'
import { postgresMaker } from './maker.ts'
import { readMissing } from './missing.ts'
import type { PostgresOptions } from './options.ts'
import { presentTables } from './present.ts'
import { postgresProfile } from './profile.ts'
import { readRows } from './read.ts'
import { postgresRelocation } from './relocate.ts'
import { CONNECTIONS, type Mode, type Session, type Sessions } from './sessions.ts'
import { dropLeftovers, dropStaging, type PostgresStaging } from './staging.ts'
import { storedTable } from './stored.ts'
import { takingOver } from './takeover.ts'
import { Turns } from './turns.ts'
import { postgresWriter, type Writing } from './writer.ts'

/** Tables and state in one schema of a Postgres database. */
export class PostgresDestination implements Destination {
  readonly profile = postgresProfile
  readonly relocation: Relocation
  readonly nameOf = tableName
  readonly #sessions: Sessions
  readonly #forms: Forms
  readonly #options: LeaseOptions & Pick<PostgresOptions, 'project'>
  readonly #schema: string
  readonly #clock = new Clock()
  readonly #known = new Map<string, Writing>()
  readonly #stagings = new Stagings<PostgresStaging>()
  /** The last transaction of each lease: they wait here for each other, and not with a connection at the fence. */
  readonly #queues = new Map<number, Promise<unknown>>()
  /** Writers leave connections to the heartbeat and to whoever looks. */
  readonly #writers = new Turns(CONNECTIONS - 4)
  #beatAt = 0
  /** Numbers staging tables; a number is never used twice. */
  #slots = 0

  constructor(sessions: Sessions, { schema, ...options }: PostgresOptions) {
    this.#sessions = sessions
    this.#forms = formsOf(sessions.repertoire)
    this.#schema = schema
    this.#options = { ...options, flavor: postgresFlavor }
    this.relocation = postgresRelocation(sessions, schema, options, (lease, work) => this.#fenced(lease, 'write', work))
  }

  problemOf(...asked: Parameters<Destination['problemOf']>): string | undefined {
    return textProblem(this.#sessions.repertoire, ...asked)
  }

  async now(): Promise<bigint> {
    const [row] = await this.#sessions.ask(sql<{ now: bigint }>`select ${postgresFlavor.now} as now`)
    return this.#clock.stamp(row!.now)
  }

  async state(): Promise<State> {
    return await this.#sessions.transaction({ mode: 'read' }, (session) => {
      const present = (names: readonly string[]) => presentTables(session, this.#schema, names)
      return readState(session.db, postgresFlavor, present, this.#options.project)
    })
  }

  async startRun(): Promise<number> {
    return await this.#write(async ({ db }) => {
      await beat(db, this.#options)
      return await startRun(db, this.#options)
    })
  }

  async lease(tables: readonly string[]): Promise<Leases> {
    return await this.#write((session) =>
      takingOver(this.#sessions, session, async () => {
        const taken = await takeLeases(session.db, tables.map(tableName), this.#options)
        await dropLeftovers(session, this.#schema, taken.leases)
        return taken
      }),
    )
  }

  async renew(): Promise<void> {
    await this.#write(({ db }) => beat(db, this.#options))
    this.#beatAt = performance.now()
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return
    await this.#write(async (session) => {
      await releaseLeases(session.db, leases, this.#options.runner)
      for (const lease of leases)
        for (const [, staging] of this.#stagings.under(lease)) await dropStaging(session, staging)
    })
    for (const lease of leases)
      for (const [partition] of this.#stagings.under(lease)) this.#stagings.set(lease, partition, undefined)
  }

  async prepare(lease: Lease, shape: Shape): Promise<Prepared> {
    const name = tableName(shape.name)
    const maker = postgresMaker(this.#schema, this.#sessions)
    const { facts, work } = await this.#sessions.transaction({ mode: 'read' }, ({ db }) =>
      planTable(db, maker, name, lease, shape, this.#options.project),
    )
    const changes = work === undefined ? [] : await this.#fenced(lease, 'shape', ({ db }, now) => work(db, now))
    const layout = layOut(name, shape, facts.columns)
    this.#known.set(name, { target: { layout, schema: this.#schema }, way: { merging: undefined } })
    return { name, facts, encoder: encoderOf(layout, this.#forms), changes }
  }

  async preview(shape: Shape): Promise<Prepared> {
    const options = { shape, forms: this.#forms, project: this.#options.project }
    const maker = postgresMaker(this.#schema, this.#sessions)
    return await this.#sessions.transaction({ mode: 'read' }, ({ db }) => previewTable(db, maker, options))
  }

  async commit(lease: Lease, part: Part): Promise<Committed> {
    const name = tableName(lease.table)
    checkPartition(name, part.step.partition, this.#sessions.repertoire)
    const known = this.#known.get(name)
    const step = { ...part.step, table: name }
    const mode = part.staging === 'move' ? 'write' : 'part'
    const { committed } = await this.#fenced(
      lease,
      mode,
      async (session, now) => {
        const staging = this.#stagings.of(lease, step.partition)
        const output = await commitPart({
          db: session.db,
          writer: known === undefined ? undefined : postgresWriter(session, known.target, known.way),
          lease: { ...lease, table: name },
          part: { ...part, step },
          now,
          staging,
          freeSlot: () => this.#slots++,
        })
        await this.#beatNowAndThen(session.db)
        return output
      },
      ({ staging }) => this.#stagings.set(lease, step.partition, staging),
    )
    return committed
  }

  missing(...[lease, step, late]: Parameters<Destination['missing']>): ReturnType<Destination['missing']> {
    const target = this.#known.get(tableName(lease.table))?.target
    return readMissing(this.#sessions, target, this.#stagings.of(lease, step.partition), { step, late })
  }

  async record(lease: Lease, facts: readonly Fact[]): Promise<void> {
    const name = tableName(lease.table)
    for (const fact of facts) if ('partition' in fact) checkPartition(name, fact.partition, this.#sessions.repertoire)
    await this.#fenced(
      lease,
      'write',
      async (session, now) => {
        const dropped: string[] = []
        for (const fact of facts) {
          await recordFact(session.db, name, fact, now)
          if (fact.kind !== 'failure') continue
          const staging = this.#stagings.of(lease, fact.step.partition)
          if (staging === undefined || !isOf(staging, fact.step)) continue
          await dropStaging(session, staging)
          dropped.push(fact.step.partition)
        }
        return dropped
      },
      (dropped) => {
        for (const partition of dropped) this.#stagings.set(lease, partition, undefined)
      },
    )
  }

  async recordRun(run: number, facts: readonly RunFact[]): Promise<void> {
    await this.#write(async ({ db }) => {
      for (const fact of facts) {
        const named = fact.kind === 'removed' ? { ...fact, table: tableName(fact.table) } : fact
        await recordRunFact(db, run, named, this.#options)
      }
    })
  }

  async reset(lease: Lease, table: string): Promise<void> {
    const name = tableName(table)
    await this.#fenced(lease, 'shape', async (session) => {
      await emptyTable(session, this.#schema, name)
      await forget(session.db, name)
    })
    this.#known.delete(name)
  }

  async *read(table: string, options: ReadOptions = {}): AsyncGenerator<Record<string, unknown>> {
    const place = { schema: this.#schema, name: tableName(table) }
    const rows = this.#sessions.reading(async function* (session) {
      yield* readRows(session, { ...place, facts: await factsOfTable(session.db, place.name) }, options)
    })
    yield* unlocked(this.#sessions, place, rows)
  }

  async compare(shape: Shape): Promise<Comparison> {
    const name = tableName(shape.name)
    const maker = postgresMaker(this.#schema, this.#sessions)
    const options = { maker, name, shape, forms: this.#forms, canonical: shownForm }
    const plan = await this.#sessions.transaction({ mode: 'read' }, ({ db }) => planComparison({ ...options, db }))
    return openComparison(options, plan, storedTable(this.#sessions, this.#schema, plan.layout))
  }

  async query(...asked: Parameters<Destination['query']>): Promise<QueryResult> {
    return await limitedQuery(this.#sessions, ...asked)
  }

  async close(): Promise<void> {
    await this.#sessions.close()
  }

  /** A commit carries the heartbeat now and then: the row is one for all tables, and they would wait there for each other. */
  async #beatNowAndThen(db: Kysely<StateDatabase>): Promise<void> {
    const now = performance.now()
    if (now - this.#beatAt < this.#options.leaseMs / 10) return
    this.#beatAt = now
    await beat(db, this.#options)
  }

  async #write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#sessions.transaction({ mode: 'write' }, work)
  }

  /**
   * A transaction that holds a table's fence; whoever was replaced gets no further than its first statement. Where the
   * answer to COMMIT is lost, the count of the lease's commits says whether it was done.
   *
   * @param done what is true once it is committed; nothing of the lease runs in between.
   */
  async #fenced<T>(
    lease: Lease,
    mode: Mode,
    work: (session: Session, now: bigint) => Promise<T>,
    done?: (result: T) => void,
  ): Promise<T> {
    const { runner, flavor } = this.#options
    let commits = 0n
    return await this.#inTurn(lease, async () => {
      const landed = async ({ db }: Session) => (await stillHeld(db, lease, runner)) >= commits
      const result = await this.#writers
        .take(() =>
          this.#sessions.transaction({ mode, landed }, async (session) => {
            const held = await fence(session.db, lease, runner, flavor)
            commits = held.commits
            return await work(session, this.#clock.stamp(held.now))
          }),
        )
        .catch(explainingLock(this.#sessions, this.#schema, tableName(lease.table)))
      done?.(result)
      return result
    })
  }

  async #inTurn<T>({ id }: Lease, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(id) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#queues.set(id, turn)
    try {
      return await turn
    } finally {
      if (this.#queues.get(id) === turn) this.#queues.delete(id)
    }
  }
}

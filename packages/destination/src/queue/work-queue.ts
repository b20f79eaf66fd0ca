import type { Project, Runner } from '@tidemark/core/engine'
import type { PgBoss } from 'pg-boss'
import { DEAD, executorOf, WINDOWS } from './boss.ts'
import { fetchJobs } from './fetch-jobs.ts'
import { isQueueLost, type OpenQueue, openBoss } from './open-boss.ts'
import { claimPlanner, type PlannerClaim, planSoon, recordPlanned, releasePlanner } from './planner-claim.ts'
import { ProjectGroups } from './project-groups.ts'
import { type Execute, firstRow, type QueueDatabase } from './queue-database.ts'
import { type QueueTables, queueTables } from './queue-tables.ts'
import { addSources, pauseSource, type RateLimit, reserveTurn, type Turn } from './source-limits.ts'
import { dataOf, type HeldJob, keyOf, priorityOf, type WindowFailure, type WindowJob } from './window-job.ts'
import { deadWorkers, registerWorker, removeWorkers, returnForgotten, returnJobs } from './worker-records.ts'

/** How many jobs wait at most: the planner sends more as they are done, so the queue stays small however much is to read. */
const MAX_QUEUED = 10_000
/** How many jobs of one source may wait even so, that a source with much to read does not shut out the others. */
const MIN_ROOM = 200

export interface WorkQueueOptions {
  readonly database: QueueDatabase
  /** This process: the runner that holds the leases of its windows. */
  readonly runner: Runner
  /** Whose sources these are: others in the same schema may have sources of the same names. Absent: there is one project. */
  readonly project?: Project | undefined
  /** Whether a process on this host still runs; undefined: not known. Absent or not known: only its heartbeat says so. */
  readonly isAlive?: ((worker: Runner) => boolean | undefined) | undefined
  /** Called when the queue was lost and is made again, and for trouble in its maintenance: no window depends on either. */
  readonly onTrouble?: ((message: string) => void) | undefined
}

export interface FetchOptions {
  /** How many jobs at most. */
  readonly limit: number
  /** The sources that this worker has. */
  readonly sources: readonly string[]
  /** How many windows of one source run at once, over all workers. */
  readonly perSource: number
  /** Only backfills, so that they are not put off for ever. Absent: the first of all. */
  readonly lane?: 'backfill' | undefined
}

/**
 * The windows that workers share, on pg-boss in the destination's Postgres. It keeps two workers from the same window and
 * bounds the load on a source; whether data is right never depends on it, because a commit is judged by the lease of its
 * window. A queue that was lost is made again, and planned again from the coverage.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #tables: QueueTables
  #boss: PgBoss
  #project: number
  #groups: ProjectGroups
  #recovery: Promise<void> | undefined

  private constructor(options: WorkQueueOptions, tables: QueueTables, { boss, project }: OpenQueue) {
    this.#options = options
    this.#tables = tables
    this.#boss = boss
    this.#project = project
    this.#groups = new ProjectGroups(project)
  }

  /** Opens the queue beside a destination, and makes it where it is missing. */
  static async open(options: WorkQueueOptions): Promise<WorkQueue> {
    const { database, project, onTrouble = () => {} } = options
    const tables = queueTables(database.stateSchema)
    try {
      return new WorkQueue(options, tables, await openBoss({ database, tables, project, onTrouble }))
    } catch (error) {
      throw database.explain(error)
    }
  }

  /** Makes this worker known to the others. Call it after the runner's first heartbeat, and now and then. */
  register(concurrency: number): Promise<void> {
    return this.#with((execute) =>
      registerWorker(execute, this.#tables, this.#options.runner, { concurrency, project: this.#project }),
    )
  }

  /** How many windows of a source may be sent now. */
  async room(source: string): Promise<number> {
    const result = await this.#with((execute) =>
      execute(
        `select count(*)::integer as queued, count(*) filter (where group_id = $2)::integer as own
        from ${this.#tables.jobs} where name = $1 and state < 'active'`,
        [WINDOWS, this.#groups.groupOf(source)],
      ),
    )
    const { queued, own } = firstRow(result)
    return Math.max(0, MAX_QUEUED - Number(queued), MIN_ROOM - Number(own))
  }

  /**
   * Queues windows, each once: of one that is queued or running already, nothing happens. What failed before and is sent
   * again counts as failed no longer.
   *
   * @param windows each with its rank within its table, partition and lane; the newest is 0.
   * @returns how many are new.
   */
  async send(windows: readonly { readonly window: WindowJob; readonly rank: number }[]): Promise<number> {
    if (windows.length === 0) return 0
    return await this.#within(async (execute) => {
      const jobs = windows.map(({ window, rank }) => {
        const id = this.#groups.groupOf(window.source)
        return {
          data: dataOf(window),
          singletonKey: keyOf(window, id),
          priority: priorityOf(window, rank),
          group: { id },
        }
      })
      await addSources(execute, this.#tables, [...new Set(jobs.map(({ group }) => group.id))])
      const keys = jobs.map(({ singletonKey }) => singletonKey)
      await execute(
        `delete from ${this.#tables.jobs} where name = $1 and state < 'active' and singleton_key = any($2::text[])`,
        [DEAD, keys],
      )
      const ids = await this.#boss.insert(WINDOWS, jobs, { db: executorOf(execute), returnId: true })
      return ids?.length ?? 0
    })
  }

  /** Takes the next jobs. Fetches of all workers wait for each other. */
  fetch({ sources, ...options }: FetchOptions): Promise<readonly HeldJob[]> {
    const worker = this.#options.runner.id
    return this.#within((execute) => {
      const groups = sources.map((source) => this.#groups.groupOf(source))
      return fetchJobs(execute, { ...options, boss: this.#boss, tables: this.#tables, worker, groups })
    })
  }

  /**
   * What completes a job inside a transaction that is not the queue's: the one that commits the window's rows and coverage,
   * so that the two cannot part. It may run twice, where that transaction is tried again. Of a job that this worker holds no
   * longer, and of a queue that is lost, nothing is done: the commit is judged by its fence alone.
   */
  completing({ id, claim }: HeldJob): (execute: Execute) => Promise<void> {
    return async (execute) => {
      await execute('savepoint tidemark_job')
      try {
        await this.#completeHeld(execute, id, claim)
        await execute('release savepoint tidemark_job')
      } catch (error) {
        if (!isQueueLost(error)) throw error
        await execute('rollback to savepoint tidemark_job')
      }
    }
  }

  /** Completes a job of which nothing was to be written. */
  async complete({ id, claim }: HeldJob): Promise<void> {
    await this.#within((execute) => this.#completeHeld(execute, id, claim))
  }

  /** Returns a job to the queue. @param inMs nobody fetches it before this has passed. */
  async release({ id, claim }: HeldJob, inMs = 0): Promise<void> {
    await this.#within(async (execute) => {
      if (await this.#isReleased(execute, id, claim)) await returnJobs(execute, this.#tables, [id], inMs)
    })
  }

  /** Puts a job that needs somebody among the dead letters, with the reason. Its planner sends it again when it is due. */
  async fail({ id, claim }: HeldJob, { message, remedy, code }: WindowFailure): Promise<void> {
    await this.#within(async (execute) => {
      if (await this.#isReleased(execute, id, claim))
        await this.#boss.fail(WINDOWS, id, { message, remedy, code: code ?? null }, { db: executorOf(execute) })
    })
  }

  /** No worker takes a window of a source before this has passed, as after a rate limit. */
  async pause(source: string, ms: number): Promise<void> {
    await this.#with((execute) => pauseSource(execute, this.#tables, this.#groups.groupOf(source), ms))
  }

  /** Reserves requests of a source's rate, which all workers share. */
  async reserve(source: string, limit: RateLimit, most: number): Promise<Turn> {
    const group = (): string => this.#groups.groupOf(source)
    const turn = await this.#with((execute) => reserveTurn(execute, this.#tables, { ...limit, source: group(), most }))
    if (turn !== undefined) return turn
    await this.#with((execute) => addSources(execute, this.#tables, [group()]))
    return await this.reserve(source, limit, most)
  }

  /** Whether this worker plans a source now, and when it is due. */
  claimPlanner(source: string, everyMs: number): Promise<PlannerClaim> {
    const worker = this.#options.runner.id
    return this.#with((execute) =>
      claimPlanner(execute, this.#tables, { source: this.#groups.groupOf(source), worker, everyMs }),
    )
  }

  /** Leaves the planning of a source to another worker, if this one has it. */
  async releasePlanner(source: string): Promise<void> {
    const worker = this.#options.runner.id
    await this.#with((execute) =>
      releasePlanner(execute, this.#tables, { source: this.#groups.groupOf(source), worker }),
    )
  }

  /** Notes that all of a source was planned. @param agoMs when that planning began. */
  async recordPlanned(source: string, agoMs: number): Promise<void> {
    const worker = this.#options.runner.id
    await this.#with((execute) =>
      recordPlanned(execute, this.#tables, { source: this.#groups.groupOf(source), worker, agoMs }),
    )
  }

  /** Has a source planned now, and not only when it is due; not more often than each minute. */
  planSoon(source: string): Promise<void> {
    return this.#with((execute) => planSoon(execute, this.#tables, this.#groups.groupOf(source)))
  }

  /** Returns the jobs of dead workers to the queue, and those of this one that are not among what it holds. @returns how many. */
  async returnLostJobs(held: readonly HeldJob[] = []): Promise<number> {
    const { isAlive = () => undefined, runner } = this.#options
    const claims = held.map(({ claim }) => claim)
    const dead = await this.#with((execute) => deadWorkers(execute, this.#tables, isAlive))
    return await this.#within(async (execute) => {
      const forgotten = await returnForgotten(execute, this.#tables, runner.id, claims)
      return forgotten + (await removeWorkers(execute, this.#tables, dead))
    })
  }

  /** Returns what this worker still holds, and forgets it. */
  async leave(): Promise<void> {
    await this.#within((execute) => removeWorkers(execute, this.#tables, [this.#options.runner.id]))
  }

  /** Ends pg-boss and its connections. */
  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false }).catch(() => {})
    await this.#options.database.close()
  }

  async #completeHeld(execute: Execute, id: string, claim: string): Promise<void> {
    if (!(await this.#isReleased(execute, id, claim))) return
    // Its declaration leaves out what it answers.
    const answer: { readonly affected?: number } = await this.#boss.complete(WINDOWS, id, null, {
      db: executorOf(execute),
    })
    // It ran for longer than pg-boss waits, which took it for dead: it is not.
    if (answer.affected === 0)
      await execute(`delete from ${this.#tables.jobs} where name = $1 and state < 'active' and source_id = $2`, [
        DEAD,
        id,
      ])
  }

  /** Whether this worker still held a job, which it holds no longer then. */
  async #isReleased(execute: Execute, id: string, claim: string): Promise<boolean> {
    const { rows } = await execute(`delete from ${this.#tables.running} where job = $1 and claim = $2 returning job`, [
      id,
      claim,
    ])
    return rows.length > 0
  }

  #with<T>(work: (execute: Execute) => Promise<T>): Promise<T> {
    return this.#recovering(() => work(this.#options.database.execute))
  }

  #within<T>(work: (execute: Execute) => Promise<T>): Promise<T> {
    return this.#recovering(() => this.#options.database.transaction(work))
  }

  /** Does something once more where the queue is lost, and made again. */
  async #recovering<T>(work: () => Promise<T>): Promise<T> {
    const { database } = this.#options
    try {
      return await work().catch(async (error: unknown) => {
        if (!isQueueLost(error)) throw error
        this.#recovery ??= this.#recover().finally(() => {
          this.#recovery = undefined
        })
        await this.#recovery
        return await work()
      })
    } catch (error) {
      throw database.explain(error)
    }
  }

  async #recover(): Promise<void> {
    const { database, project, onTrouble = () => {} } = this.#options
    onTrouble('the queue is lost; making it again, and planning again from the coverage')
    await this.#boss.stop({ graceful: false }).catch(() => {})
    const opened = await openBoss({ database, tables: this.#tables, project, onTrouble })
    this.#boss = opened.boss
    this.#project = opened.project
    this.#groups = new ProjectGroups(opened.project)
  }
}

import type { State } from '@tidemark/core/engine'
import { abortable } from '@tidemark/core/values'
import type { DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import type { NameClaims } from '../discover/clash.ts'
import { heldText } from '../lease/held.ts'
import { isSelected, type PlanConfig, planRun } from '../plan/plan.ts'
import { StepList } from '../plan/step-list.ts'
import { delayBefore } from '../source/retry.ts'
import { DEFAULT_RETRY } from '../time/retry-policy.ts'
import type { SilentQuestion } from '../time/silent-question.ts'
import { prepareTable } from './prepare-tables.ts'
import { recordPasses, recordTablesChecked } from './record-checks.ts'
import { type AskedSource, recordAnswer, recordSilence } from './record-sources.ts'
import type { RunContext } from './run-context.ts'
import type { RunSteps } from './run-steps.ts'
import { TableRun } from './table-run.ts'
import { workOf } from './table-work.ts'
import { takeRange } from './take-range.ts'

/** Who reads the feeds that tell tables. */
export interface FedTables {
  /** A table of a feed is prepared, or cannot be. */
  add(table: TableRun): void
  /** A source has said all it has: its feeds are complete. */
  asked(source: DiscoveredSource): void
}

export interface IntakeOptions {
  readonly context: RunContext
  readonly steps: RunSteps
  /** Tables that a feed tells: they have no steps. */
  readonly feeds: FedTables
  readonly config: PlanConfig
  readonly names: NameClaims
  /** The state that the sources were asked with. */
  readonly before: State
}

/** So many tables are prepared at the same time, so that a database can commit them together. */
const AT_ONCE = 100
const LOCKED = { retryAfterMs: undefined }
/** Of more tables than these the whole state is read. */
const ASKED_BY_NAME = 20

/**
 * Takes tables in as their sources make them known: leases, plans and prepares whatever has gathered, one batch after
 * another, and hands it to the steps. No table waits for another source.
 */
export class Intake {
  readonly tables: TableRun[] = []
  readonly #options: IntakeOptions
  #waiting: (() => Promise<void>)[] = []
  /** Sources of which a question without an answer is recorded. */
  readonly #silent = new Set<string>()
  #found: DiscoveredTable[] = []
  #work: Promise<void> | undefined
  readonly #later = new Set<Promise<void>>()
  #failed: { readonly error: unknown } | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  add(table: DiscoveredTable): void {
    if (!isSelected(table, this.#options.config)) return
    this.#found.push(table)
    this.#begin()
  }

  /** A source has said all it has, or could not be asked: its known tables are failing until it answers again. */
  asked(source: DiscoveredSource | AskedSource): void {
    this.#waiting.push(async () => {
      const wasSilent = this.#silent.delete(source.name)
      await recordAnswer({ ...source, wasSilent }, this.#options.before, this.#options.context)
      if (!('tables' in source)) return
      this.#options.steps.asked(source)
      this.#options.feeds.asked(source)
    })
    this.#begin()
  }

  /** A source leaves a question without an answer; undefined: none any more. */
  silent(source: string, question: SilentQuestion | undefined): void {
    this.#waiting.push(async () => {
      if (question === undefined) this.#silent.delete(source)
      else this.#silent.add(source)
      await recordSilence(source, question, this.#options.before, this.#options.context)
    })
    this.#begin()
  }

  /** Waits until all is taken in. @throws what the destination threw. */
  async end(): Promise<void> {
    while (this.#work !== undefined) await this.#work
    await Promise.all(this.#later)
    if (this.#failed !== undefined) throw this.#failed.error
  }

  #begin(): void {
    this.#work ??= this.#drain().finally(() => {
      this.#work = undefined
    })
  }

  async #drain(): Promise<void> {
    const { clock, stop } = this.#options.context
    try {
      while (this.#found.length > 0 || this.#waiting.length > 0) {
        // What becomes known at the same time is taken in together.
        await clock.turn()
        const [found, waiting] = [this.#found, this.#waiting]
        this.#found = []
        this.#waiting = []
        if (found.length > 0) await this.#take(found)
        for (const work of waiting) await work()
      }
    } catch (error) {
      this.#failed ??= { error }
      stop(error)
    }
  }

  /** Tables that a feed has found while it is read. @returns them, leased and prepared where they can be. */
  async takeFound(found: readonly DiscoveredTable[]): Promise<readonly TableRun[]> {
    const { context, steps } = this.#options
    const done = Promise.withResolvers<readonly TableRun[]>()
    this.#waiting.push(async () => {
      const taken = await this.#leased(found.map((table) => this.#options.names.claim(table)))
      this.tables.push(...taken)
      context.options.onEvent?.({ type: 'tables-planned', work: taken.map(workOf) })
      for (const table of taken) {
        await prepareTable(table, context, false)
        table.fed.isAwaited = true
        steps.expect(table)
      }
      await recordTablesChecked(taken, context)
      done.resolve(taken)
    })
    this.#begin()
    return await abortable(done.promise, context.signal)
  }

  async #take(found: readonly DiscoveredTable[]): Promise<void> {
    const { options } = this.#options.context
    const named = found.map((table) => this.#options.names.claim(table))
    // Who hands out does not take what a feed tells: this process may be reading that feed already.
    const assumed = options.handOut === undefined ? named : named.filter((one) => one.fed === undefined)
    for (const table of named)
      if (table.fed !== undefined) options.handOut?.({ table, partition: '', steps: new StepList([]), most: undefined })
    if (options.range !== undefined) {
      for (const table of assumed) await this.#begun([await takeRange(table, options.range, this.#options)])
      return
    }
    await this.#begun(await this.#leased(assumed))
  }

  /** Leases tables and plans what is to be done with them. */
  async #leased(assumed: readonly DiscoveredTable[]): Promise<readonly TableRun[]> {
    const { context, config, before } = this.#options
    const { destination, options } = context
    const placed = assumed.filter(({ unplaced }) => unplaced !== true)
    const leaseOf = new Map(options.leases?.map((lease) => [lease.table, lease]))
    const { leases, refused } = await destination.lease(
      placed.map((table) => table.name).filter((name) => !leaseOf.has(name)),
    )
    for (const lease of leases) leaseOf.set(lease.table, lease)
    const refusalOf = new Map(refused.map((refusal) => [refusal.table, refusal]))
    // Another runner may have been at work until the leases were ours.
    const names = placed.map(({ name }) => name)
    const isFew = names.length > 0 && names.length <= ASKED_BY_NAME
    const state = await destination.state(isFew ? names : undefined)
    const sources = [...Map.groupBy(assumed, ({ source }) => source)].map(([source, tables]) => ({ ...source, tables }))
    const planned = planRun({ sources }, state, { ...config, isWhole: () => false, discovered: before })
    return planned.tables.map((table) => {
      const one = new TableRun(table, state.tables.get(table.name))
      one.lease = leaseOf.get(table.name)
      one.heldBy = refusalOf.get(table.name)
      // The report says it once for all.
      if (one.heldBy !== undefined) options.log?.debug(heldText(one.heldBy), { event: 'table-held', table: one.name })
      return one
    })
  }

  /** Prepares tables that are planned, and hands them to the steps. */
  async #begun(taken: readonly TableRun[]): Promise<void> {
    const { context } = this.#options
    const { options } = context
    this.tables.push(...taken)
    options.onEvent?.({ type: 'tables-planned', work: taken.map(workOf) })
    for (let at = 0; at < taken.length; at += AT_ONCE)
      await allDone(taken.slice(at, at + AT_ONCE).map((table) => this.#prepare(table)))
    await recordTablesChecked(
      taken.filter(({ isLocked }) => !isLocked),
      context,
    )
  }

  async #prepare(table: TableRun): Promise<void> {
    const { context } = this.#options
    table.isLocked = await prepareTable(table, context, true)
    if (table.isLocked) return this.#prepareLater(table)
    if (context.options.handOut !== undefined) await recordPasses(table, context)
    this.#ready(table)
  }

  #ready(table: TableRun): void {
    const { steps, feeds } = this.#options
    if (table.planned.discovered.fed === undefined) {
      steps.add(table)
      return
    }
    table.fed.isAwaited = true
    steps.expect(table)
    feeds.add(table)
  }

  /** Another session has locked a table: the others continue, and Tidemark tries it again like any failure that may pass. */
  #prepareLater(table: TableRun): void {
    const { context, steps } = this.#options
    const { clock, signal, stop, options } = context
    const policy = options.settings?.retry ?? DEFAULT_RETRY
    steps.expect(table)
    const work = async (): Promise<void> => {
      let isLocked = true
      for (let attempt = 1; isLocked; attempt++) {
        const isLast = attempt + 1 >= policy.attempts || context.isOverTime()
        await clock.sleep(delayBefore(attempt, LOCKED, policy, clock.random), signal)
        isLocked = await prepareTable(table, context, !isLast)
      }
      // Not before: a table with nothing to do that does not wait for a lock is released.
      table.isLocked = false
      this.#ready(table)
      await recordTablesChecked([table], context)
    }
    const later = work()
      .catch((error: unknown) => {
        if (signal.aborted) return
        this.#failed ??= { error }
        stop(error)
      })
      .finally(() => this.#later.delete(later))
    this.#later.add(later)
  }
}

/** Waits for all of them, whichever fails. @throws what failed first in their order. */
async function allDone(all: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(all)) if (one.status === 'rejected') throw one.reason
}

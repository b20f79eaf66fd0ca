import type { Committed, Lease, Part, Reject, StepRef } from '@tidemark/core/engine'
import type { Layout } from '../table/columns.ts'

/** What was written straight into a table. */
export interface Written {
  readonly written: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  /** Of the written rows those below the part's `lateBelow`. */
  readonly late?: Committed['late']
}

/** What moving a staging table into its table did. */
export interface Moved {
  readonly written: number
  readonly unchanged: number
  readonly deduped: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  readonly held?: Committed['held']
  /** Nobody could say what is gone, so nothing was marked. */
  readonly blind?: boolean
  /** Rows that did not come back, where the rail asks: nothing was moved. */
  readonly missing?: number
}

/** What is known of a step's staging table. */
export interface Staging {
  /** Its number: steps of other partitions, which run at the same time, have others. */
  readonly slot: number
  readonly step: Pick<StepRef, 'run' | 'step'>
  /** The last part that was put into it. */
  readonly part: number
  /** The fence under which that was. */
  readonly fence: number
  /** Rows that were put into it. */
  readonly rows: number
  /** A row was refused whose key could not be kept: what is absent says nothing. */
  readonly blind: boolean
}

export interface Filling<S extends Staging> {
  readonly lease: Lease
  readonly part: Part
  readonly before: S | undefined
  /** The number of the staging table, where it is to be made. */
  readonly slot: number
}

/** How one database writes the rows of one table, inside the transaction of a commit. */
export interface RowWriter<S extends Staging> {
  readonly layout: Layout
  /** Writes a part straight into its table: its rows, then its deletions. */
  write(part: Part, now: bigint): Promise<Written>
  /**
   * Puts a part into its step's staging table, which is made at the step's first part.
   *
   * @throws Error where the parts before it are not there: without them the rows they held would count as gone.
   */
  fill(filling: Filling<S>): Promise<{ readonly staging: S; readonly rejects: readonly Reject[] }>
  /** Moves a staging table into its table: changed rows are written, what did not come back is marked or replaced. */
  move(lease: Lease, part: Part, staging: S, now: bigint): Promise<Moved>
  dropStaging(staging: S): Promise<void>
  /** Removes marked rows of a partition for good. @returns how many. */
  purge(partition: string): Promise<number>
  /** How many rows there are, marked ones too, counted up to `most`: in the table, or in one of its partitions. */
  holds(most: number, partition?: string): Promise<number>
  /** Sets a savepoint, lets it go, or goes back to it. */
  savepoint(name: string, action: 'set' | 'release' | 'back'): Promise<void>
}

export function isOf(staging: Staging, step: Pick<StepRef, 'run' | 'step'>): boolean {
  return staging.step.run === step.run && staging.step.step === step.step
}

/** @throws Error where a part came without those before it. */
export function checkOrder<S extends Staging>(table: string, { part, before }: Filling<S>): void {
  if (part.number === 1 || (before !== undefined && isOf(before, part.step) && before.part === part.number - 1)) return
  throw new Error(
    `table "${table}": part ${part.number} of step ${part.step.step} came without the parts before it; nothing of it was written`,
  )
}

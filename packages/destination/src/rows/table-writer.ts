import type { Batch, Reject } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Attempt, Tentative } from '../dialects/dialect.ts'
import type { Staging } from '../dialects/staging.ts'
import { fill } from './fill.ts'
import type { Filling, Moved, Written } from './filling.ts'
import { type Move, move } from './move.ts'
import { keyText } from './refused.ts'
import { type Restaging, restage } from './restage.ts'
import { changed, count } from './run.ts'
import { isGone } from './statements.ts'
import { writePart } from './write.ts'
import { appendFed, type FedWriting, type FedWritten, writeFed } from './write-fed.ts'
import type { Writing } from './writing.ts'

/** Writes the rows of one table, inside the transaction of a commit. */
export class TableWriter {
  readonly #writing: Writing

  constructor(writing: Writing) {
    this.#writing = writing
  }

  get layout() {
    return this.#writing.target.layout
  }

  /** Writes a batch straight into its table: its rows, then its deletions. */
  write(batch: Batch, now: bigint): Promise<Written> {
    return writePart(this.#writing, batch, now)
  }

  /**
   * Puts a batch into its step's staging table, which is made at the step's first batch.
   *
   * @throws Error if the batches before it are missing: without them the rows they held would count as deleted.
   */
  fill(filling: Filling): Promise<{ readonly staging: Staging; readonly rejects: readonly Reject[] }> {
    return fill(this.#writing, filling)
  }

  /** Moves a staging table into its table: changed rows are written, what did not come back is marked or replaced. */
  move(asked: Move): Promise<Moved> {
    return move(this.#writing, asked)
  }

  /** Writes changes of a table with a key that its feed told. */
  writeFed(changes: FedWriting): Promise<FedWritten> {
    return writeFed(this.#writing, changes)
  }

  /** Whether rows were staged for the shape that the table has. */
  isOfShape({ target }: Staging): boolean {
    return target === this.#writing.target
  }

  /** Brings rows that were staged for another shape into a staging table of the present one. */
  restage(restaging: Restaging): ReturnType<typeof restage> {
    return restage(this.#writing, restaging)
  }

  /** Adds rows that a feed told to a table without a key. */
  appendFed(changes: FedWriting, staging: Staging | undefined): Promise<FedWritten> {
    return appendFed(this.#writing, changes, staging)
  }

  /** A key as it stands in a reject. */
  keyText(key: readonly unknown[]): string {
    return keyText(this.layout, key, this.#writing.dialect.canonical)
  }

  /** Does work that the database may refuse because of its values, and undoes it then. */
  attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
    return this.#writing.session.attempt(this.layout.name, work)
  }

  /** The greatest position of its rows; undefined: none has one. */
  async greatest(): Promise<bigint | undefined> {
    const { dialect, session, target } = this.#writing
    const [row] = await session.rows(sql`select max(_cursor) from ${target.table}`)
    return (dialect.decode.integer(row?.[0]) as bigint | null) ?? undefined
  }

  dropStaging({ table }: Staging): Promise<void> {
    return this.#writing.session.dropStaging(table)
  }

  /** Removes marked rows of a partition for good. @returns how many. */
  async purge(partition: string): Promise<number> {
    const { session, target } = this.#writing
    const own = target.layout.partitioned ? sql` and _partition = ${partition}` : sql``
    return await changed(session, sql`delete from ${target.table} where ${isGone(target.layout)}${own}`)
  }

  /** How many rows there are, marked ones too, counted up to `most`: in the table, or in one of its partitions. */
  async holds(most: number, partition?: string): Promise<number> {
    const { session, target } = this.#writing
    const own = partition !== undefined && target.layout.partitioned ? sql` where _partition = ${partition}` : sql``
    return await count(
      session,
      sql`select count(*) from (select 1 from ${target.table}${own} limit ${most}) as counted`,
    )
  }

  /** Does work and undoes what it did where it says so. */
  tentatively<T>(work: () => Promise<Tentative<T>>): Promise<T> {
    return this.#writing.session.tentatively(work)
  }
}

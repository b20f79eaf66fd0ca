import type { Deletion, EncodedKey, Lease, Part, Reject, StepRef } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { dataColumns } from '../columns.ts'
import { columnTypes } from './ddl.ts'
import { rejectOf } from './refused.ts'
import { createStaging, keptTable, stageKey, stageRows, stagingTable, unstageKey } from './statements.ts'
import { refusesIn, type Target, writeBulk } from './target.ts'

/** What is known of a step's staging table, which lives as long as this connection. */
export interface Staging {
  /** Its number: steps of other partitions, which run at the same time, have others. */
  readonly slot: number
  readonly step: Pick<StepRef, 'run' | 'step'>
  /** The last part that was put into it. */
  readonly part: number
  /** The fence under which that was. */
  readonly fence: number
  readonly target: Target
  /** Rows that were put into it. */
  readonly rows: number
  /** A row was refused whose key could not be kept: what is absent says nothing. */
  readonly blind: boolean
}

/** Statements of so many slots are kept from step to step. */
const KEPT = 32

/** The staging tables of a connection: one a lease and partition, as a partition runs one step at a time. */
export class Stagings {
  readonly #leases = new Map<number, Map<string, Staging>>()
  readonly #slots = new Set<number>()

  of({ id }: Lease, partition: string): Staging | undefined {
    return this.#leases.get(id)?.get(partition)
  }

  /** Those that a lease left, or the same one before it was taken again. */
  under({ id, fence }: Lease): readonly (readonly [string, Staging])[] {
    return [...(this.#leases.get(id) ?? [])].filter(([, staging]) => staging.fence <= fence)
  }

  /** The lowest number that is free: numbers, and so statements, are as many as steps at a time. */
  freeSlot(): number {
    let slot = 0
    while (this.#slots.has(slot)) slot++
    return slot
  }

  /** What is true of a partition from now on; undefined: it has no staging table. */
  set({ id }: Lease, partition: string, staging: Staging | undefined): void {
    const before = this.#leases.get(id)?.get(partition)
    if (before !== undefined) this.#slots.delete(before.slot)
    if (staging !== undefined) {
      this.#slots.add(staging.slot)
      const partitions = this.#leases.get(id) ?? new Map<string, Staging>()
      this.#leases.set(id, partitions.set(partition, staging))
      return
    }
    const partitions = this.#leases.get(id)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#leases.delete(id)
  }
}

export interface Filling {
  readonly lease: Lease
  readonly part: Part
  readonly before: Staging | undefined
  /** The number of the staging table, where it is to be made. */
  readonly slot: number
}

/**
 * Puts a part into its step's staging table, which is made at the step's first part.
 *
 * @throws Error where the parts before it are not there: without them the rows they held would count as gone.
 */
export function fill(
  target: Target,
  { lease, part, before, slot }: Filling,
): { readonly staging: Staging; readonly rejects: readonly Reject[] } {
  const { step, rows, number } = part
  const { layout, raw } = target
  const first = number === 1
  if (first) {
    if (before !== undefined) dropStaging(before)
    target.run(`create @${slot}`, () => createStaging(layout, slot, columnTypes(layout)), {})
  } else if (before?.target !== target || !isOf(before, step) || before.part !== number - 1) {
    throw new Error(
      `table "${layout.name}": part ${number} of step ${step.step} came without the parts before it; nothing of it was written`,
    )
  }
  const width = dataColumns(layout).length + 1
  const refuses = refusesIn(raw)
  const { refused } = writeBulk(rows, {
    statement: (count) => target.statement(`stage ${count} @${slot}`, () => stageRows(layout, slot, count)),
    width,
    named: {},
    refuses,
  })
  for (const deletion of part.deletions) stageDeletion(target, slot, deletion)
  let blind = !first && before?.blind === true
  const seen = (key: EncodedKey | undefined, position: bigint | number | null) => {
    try {
      if (key === undefined || layout.key.length === 0) blind = true
      else target.run(`seen @${slot}`, () => stageKey(layout, slot, 2), {}, [...key, position])
    } catch (error) {
      if (!refuses(error)) throw error
      blind = true
    }
  }
  // A reject whose key is unknown is in the rail's `mark`: the engine has seen it.
  if (layout.key.length > 0)
    for (const reject of part.rejects) if (reject.seen !== undefined) seen(reject.seen, reject.position ?? null)
  for (const { row } of refused)
    seen(
      layout.keyAt.map((at) => row[at]),
      row[width - 1] as number | bigint | null,
    )
  const earlier = first ? 0 : (before?.rows ?? 0)
  return {
    staging: {
      slot,
      step,
      part: number,
      fence: lease.fence,
      target,
      rows: earlier + rows.length - refused.length,
      blind,
    },
    rejects: refused.map(({ row, error }) => rejectOf(layout, row, error)),
  }
}

function stageDeletion(target: Target, slot: number, { key, position }: Deletion): void {
  const { layout } = target
  if (layout.key.length === 0) return
  if (layout.cursored) target.run(`gone @${slot}`, () => stageKey(layout, slot, 1), {}, [...key, position])
  else target.run(`unstage @${slot}`, () => unstageKey(layout, slot), {}, key)
}

/** The deletions that the staging table holds. */
export function stagedDeletions(target: Target, slot: number): readonly Deletion[] {
  const { key } = target.layout
  if (key.length === 0) return []
  const columns = sql.join([...key, '_cursor'].map((name) => sql.id(name)))
  const rows = target.all(`deletions @${slot}`, () => sql`select ${columns} from ${stagingTable(slot)} where _kind = 1`)
  return rows.map((row) => ({ key: row.slice(0, -1), position: row.at(-1) as bigint | null }))
}

export function dropStaging({ slot, target }: Pick<Staging, 'slot' | 'target'>): void {
  const drop = (table: RawBuilder<unknown>) => target.exec(sql`drop table if exists ${table}`)
  drop(stagingTable(slot))
  if (target.layout.key.length === 0) drop(keptTable(slot))
  if (slot >= KEPT) target.forget(slot)
}

export function isOf(staging: Staging, step: Pick<StepRef, 'run' | 'step'>): boolean {
  return staging.step.run === step.run && staging.step.step === step.step
}

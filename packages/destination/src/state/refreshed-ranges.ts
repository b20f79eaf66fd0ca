import { type Completion, holdsAllKeys, type RefreshedRange, type StepRef, withRefreshed } from '@tidemark/core/engine'
import type { Kysely, Selectable } from 'kysely'
import type { StateDialect } from './state-dialect.ts'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

const TABLE = '_tidemark_refreshed_ranges'

/** What a step that read a range of keys has completed. */
export interface Refreshing {
  readonly step: StepRef
  readonly completes: Completion
  /** Rows that it marked as deleted. */
  readonly deleted: number
  /** Which of its rows were deleted could not be told. */
  readonly deletionsUnknown: boolean
}

/** A full refresh of which all ranges are committed. */
export interface Refreshed {
  /** When the first of its ranges was read. */
  readonly completedAt: bigint
  /** The revision under which all of them were read. */
  readonly revision: string | undefined
  /** As of a range: true if it is so of one of them. */
  readonly deletionsUnknown: boolean
}

/**
 * Adds a range to the full refresh of its partition. When that is complete, its ranges are forgotten: the next one begins
 * with none. Call it in a transaction that has written the partition's record, which makes two of them one after the other.
 *
 * @returns undefined while others are left.
 */
export async function addRefreshed(
  db: Db,
  { step, completes, deleted, deletionsUnknown }: Refreshing,
): Promise<Refreshed | undefined> {
  const { table: name, partition, keyRange, beganAt } = step
  const { version = '' } = completes.refresh ?? {}
  const ranges = withRefreshed(await countingRanges(db, step, completes), {
    from: keyRange?.from ?? null,
    to: keyRange?.to ?? null,
    readAt: beganAt,
    version,
    revision: completes.revision?.text ?? null,
    deleted,
    deletionsUnknown,
  })
  await forgetRefreshed(db, name, partition)
  if (holdsAllKeys(ranges)) {
    const [all] = ranges
    return {
      completedAt: all!.readAt,
      revision: all!.revision ?? undefined,
      deletionsUnknown: all!.deletionsUnknown,
    }
  }
  for (const range of ranges)
    await db
      .insertInto(TABLE)
      .values({
        name,
        partition,
        from_key: range.from,
        to_key: range.to,
        read_at: range.readAt,
        version,
        revision: range.revision,
        rows_deleted: range.deleted,
        deletions_unknown: range.deletionsUnknown ? 1 : 0,
      })
      .execute()
  return undefined
}

/** The committed ranges of a partition that make one full refresh with what a step completes. */
export async function countingRanges(
  db: Db,
  { table, partition }: StepRef,
  { refresh }: Completion,
): Promise<readonly RefreshedRange[]> {
  const { version = '', after } = refresh ?? {}
  const known = await db
    .selectFrom(TABLE)
    .selectAll()
    .where('name', '=', table)
    .where('partition', '=', partition)
    .execute()
  return known
    .map(refreshedIn)
    .filter((range) => range.version === version && (after === undefined || range.readAt > after))
}

/** No range of a partition counts any more. */
export async function forgetRefreshed(db: Db, name: string, partition: string): Promise<void> {
  await db.deleteFrom(TABLE).where('name', '=', name).where('partition', '=', partition).execute()
}

/** Ranges of these tables, or of all, with the table and partition that each is of. An earlier version of the state knows of none. */
export async function readRefreshed(
  db: Db,
  dialect: StateDialect,
  only: readonly string[] | undefined,
): Promise<readonly { readonly name: string; readonly partition: string; readonly range: RefreshedRange }[]> {
  if (!(await dialect.hasTable(db as unknown as Kysely<never>, TABLE))) return []
  const found = db.selectFrom(TABLE).selectAll().orderBy('name').orderBy('partition')
  const rows = await (only === undefined ? found : found.where('name', 'in', [...only])).execute()
  return rows.map((row) => ({ name: row.name, partition: row.partition, range: refreshedIn(row) }))
}

function refreshedIn(row: Selectable<StateDatabase[typeof TABLE]>): RefreshedRange {
  return {
    from: row.from_key === null ? null : BigInt(row.from_key),
    to: row.to_key === null ? null : BigInt(row.to_key),
    readAt: BigInt(row.read_at),
    version: row.version,
    revision: row.revision,
    deleted: Number(row.rows_deleted),
    deletionsUnknown: Number(row.deletions_unknown) === 1,
  }
}

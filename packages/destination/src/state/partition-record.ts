import type { Range } from '@tidemark/core/engine'
import type { Insertable, Kysely } from 'kysely'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>
type PartitionRow = Insertable<StateDatabase['_tidemark_partitions']>
export type PartitionFacts = { -readonly [K in Exclude<keyof PartitionRow, 'name' | 'partition'>]?: PartitionRow[K] }

/** Nothing of a partition fails any more. */
export const OVERCOME = {
  failures: 0,
  last_error: null,
  error_code: null,
  error_remedy: null,
  failed_from: null,
  failed_to: null,
  next_try_at: null,
} as const satisfies PartitionFacts

export async function setPartition(db: Db, name: string, partition: string, facts: PartitionFacts): Promise<void> {
  await db
    .insertInto('_tidemark_partitions')
    .values({ name, partition, failures: 0, ...facts })
    .onConflict((conflict) => {
      const columns = conflict.columns(['name', 'partition'])
      return Object.keys(facts).length === 0 ? columns.doNothing() : columns.doUpdateSet(facts)
    })
    .execute()
}

/** Clears the failure of a partition. @param known when the failures that are overcome were to be tried again; absent: whatever it is. */
export async function overcome(
  db: Db,
  name: string,
  partition: string,
  known?: readonly (bigint | null)[],
): Promise<void> {
  if (known?.length === 0) return
  const tries = known?.filter((at) => at !== null)
  await db
    .updateTable('_tidemark_partitions')
    .set(OVERCOME)
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('failures', '>', 0)
    .$if(tries !== undefined, (query) =>
      query.where((where) =>
        where.or([where('next_try_at', 'is', null), ...(tries?.length ? [where('next_try_at', 'in', tries)] : [])]),
      ),
    )
    .execute()
}

/** Something of a partition was read while something else of it fails: that is tried as if it had failed once. It may be overcome by now. */
export async function countFailuresAfresh(db: Db, name: string, partition: string): Promise<void> {
  await db
    .updateTable('_tidemark_partitions')
    .set({ failures: 1 })
    .where('name', '=', name)
    .where('partition', '=', partition)
    .where('failures', '>', 0)
    .execute()
}

export async function cover(
  db: Db,
  name: string,
  partition: string,
  { from, to }: Range,
  assumed: 0 | 1,
): Promise<void> {
  await db
    .insertInto('_tidemark_coverage')
    .values({ name, partition, from_position: from ?? null, to_position: to, assumed })
    .execute()
}

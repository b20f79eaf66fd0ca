import type { Range, StepRef } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/** Resyncs asked for before a step that ranges may answer: no others are looked at, however many there are. Undefined: all. */
export async function resyncsIn(db: Db, step: StepRef, ranges: readonly Range[] | undefined) {
  const own = db
    .selectFrom('_tidemark_resyncs')
    .selectAll()
    .where('name', '=', step.table)
    .where('partition', '=', step.partition)
    .where('requested_at', '<', step.beganAt)
  if (ranges === undefined) return await own.execute()
  const found = new Map<number, Awaited<ReturnType<typeof own.execute>>[number]>()
  for (const { from, to } of ranges) {
    const above = from === undefined ? own.where('to_position', 'is not', null) : own.where('to_position', '>', from)
    const within = above.where((where) =>
      where.or([where('from_position', 'is', null), where('from_position', '<', to)]),
    )
    for (const row of await within.execute()) found.set(Number(row.id), row)
  }
  return [...found.values()]
}

import type { Lease, StateChange } from '@tidemark/core/engine'
import type { Committing } from './committing.ts'
import { isOf } from './dialects/staging.ts'
import { purgePartition } from './rows/commit.ts'
import { recordFact } from './state/state-store.ts'

/** Records state changes of a table in one fenced transaction. What a step that failed had staged is dropped with it. */
export async function recordChanges(store: Committing, lease: Lease, changes: readonly StateChange[]): Promise<void> {
  const purges = changes.some((change) => change.kind === 'pass-completed' && change.purge)
  for (const change of changes)
    if (change.kind === 'failure') await store.earlyInserts.stopped(lease, change.step.partition)
  await store.fenced(
    lease,
    { mode: 'write', isSmall: !purges },
    async (session, now) => {
      const dropped: string[] = []
      for (const change of changes) {
        await recordFact(session.db, lease.table, change, now)
        if (change.kind === 'pass-completed' && change.purge)
          await purgePartition({ db: session.db, writer: store.writerOf(lease, session), lease }, change.partition)
        if (change.kind !== 'failure') continue
        const staging = store.stagings.of(lease, change.step.partition)
        if (staging === undefined || !isOf(staging, change.step)) continue
        await session.dropStaging(staging.table)
        dropped.push(change.step.partition)
      }
      return dropped
    },
    (dropped) => {
      for (const partition of dropped) store.stagings.set(lease, partition, undefined)
    },
  )
}

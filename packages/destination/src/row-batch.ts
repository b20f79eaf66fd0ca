import type { Committed, Destination } from '@tidemark/core/engine'
import type { Committing } from './committing.ts'
import type { Session } from './dialects/dialect.ts'
import { commitPart } from './rows/commit.ts'
import { statementsOf } from './state/statements-of.ts'

/** Commits a batch of a table behind the fence of its lease. */
export async function commitRows(
  store: Committing,
  ...[lease, batch, within]: Parameters<Destination['commit']>
): Promise<Committed> {
  const { leasing, options, stagings } = store
  const step = { ...batch.step, table: lease.table }
  const mode = batch.staging === 'move' ? 'write' : 'part'
  const taken: number[] = []
  const continues = await store.earlyInserts.of(lease, batch)
  const write = async (session: Session, now: bigint) => {
    stampedAt = now
    const output = await commitPart({
      db: session.db,
      writer: store.writerOf(lease, session),
      lease,
      lock: options.flavor.lock,
      batch: { ...batch, step },
      now,
      staging: stagings.of(lease, step.partition),
      freeSlot: () => store.stagings.takeSlot(taken),
      within: within && (() => within(statementsOf(session.db))),
    })
    await leasing.beatNowAndThen(session.db)
    return output
  }
  let stampedAt = 0n
  try {
    const { committed, staging } = await store.fenced(
      lease,
      { mode, continues, isInterim: batch.completes === undefined },
      write,
      ({ staging }) => stagings.set(lease, step.partition, staging),
    )
    if (batch.staging === 'fill' && staging !== undefined) store.earlyInserts.staged(lease, batch, staging, stampedAt)
    return committed
  } finally {
    const kept = stagings.of(lease, step.partition)?.slot
    for (const slot of taken) if (slot !== kept) stagings.freeSlot(slot)
  }
}

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
  const write = async (session: Session, now: bigint) => {
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
  try {
    const { committed } = await store.fenced(lease, { mode }, write, ({ staging }) =>
      stagings.set(lease, step.partition, staging),
    )
    return committed
  } finally {
    const kept = stagings.of(lease, step.partition)?.slot
    for (const slot of taken) if (slot !== kept) stagings.freeSlot(slot)
  }
}

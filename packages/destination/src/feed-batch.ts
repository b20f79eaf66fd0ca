import type { FeedBatch, FeedCommitted, Lease } from '@tidemark/core/engine'
import type { Committing } from './committing.ts'
import type { Session } from './dialects/dialect.ts'
import { commitFeed } from './rows/commit-feed.ts'
import { OF_FEED } from './rows/stagings.ts'
import { fence } from './state/fence.ts'

/** Commits a batch of a feed behind the fence of its lease, and then those of its tables in the order of their names. */
export async function commitBatch(store: Committing, lease: Lease, batch: FeedBatch): Promise<FeedCommitted> {
  const { project, runner, flavor } = store.options
  const { tables, joins = [] } = batch
  const byName = new Map([...tables, ...joins].map((one) => [one.lease.table, one.lease]))
  const leases = [...byName.values()].sort((a, b) => (a.table < b.table ? -1 : 1))
  const mode = tables.some(({ staging }) => staging === 'move') ? 'write' : 'part'
  const taken: number[] = []
  const write = async (session: Session, now: bigint) => {
    for (const one of leases) await fence(session.db, one, runner, flavor)
    const output = await commitFeed({
      session,
      batch,
      now,
      project,
      writerOf: (one) => store.writerOf(one, session),
      stagingOf: (one) => store.stagings.of(one, OF_FEED),
      freeSlot: () => store.stagings.takeSlot(taken),
    })
    await store.leasing.beatNowAndThen(session.db)
    return output
  }
  try {
    const { committed } = await store.turns.takeAll(leases, () =>
      store.fenced(lease, { mode }, write, ({ stagings }) => {
        for (const [one, staging] of stagings) store.stagings.set(one, OF_FEED, staging)
      }),
    )
    return committed
  } finally {
    const kept = new Set(tables.map((one) => store.stagings.of(one.lease, OF_FEED)?.slot))
    for (const slot of taken) if (!kept.has(slot)) store.stagings.freeSlot(slot)
  }
}

import { SyncError } from '@tidemark/core'
import {
  asChange,
  asCheckpoint,
  type EncodedKey,
  type Encoder,
  type Feed,
  type TableChange,
} from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import { isKey, type Raw } from '../read/reject.ts'
import type { SourceWait } from '../source/source-wait.ts'
import type { Clock } from '../time/clock.ts'
import { weightOf } from './feed-item.ts'

/** How long a feed that has told all it had is left alone. */
const AGAIN_MS = 200
/** So many keys are handed on at a time. */
const KEYS = 1000

export interface Passing {
  readonly feed: Feed
  readonly source: Pick<DiscoveredSource, 'client' | 'log' | 'guard'>
  /** The table whose changes are of interest, by its name in the source and in the destination. */
  readonly table: string
  readonly name: string
  readonly encoder: Encoder
  readonly clock: Clock
  readonly wait: SourceWait
  readonly isPast: (offset: unknown) => boolean
}

/**
 * Reads a feed from an offset until it is past another one, and commits and acknowledges nothing: hands on the keys whose rows have
 * changed in between.
 *
 * @throws SyncError where all rows of the table have.
 */
export async function passOffset(
  from: unknown,
  { feed, source, table, name, encoder, clock, wait, isPast }: Passing,
  take: (keys: readonly EncodedKey[]) => void,
): Promise<void> {
  const { client, log, guard } = source
  let keys: EncodedKey[] = []
  let offset = from
  for (;;) {
    const items = guard.run(() => feed.read({ client, signal: wait.signal, log, offset } as never))
    const iterator = items[Symbol.asyncIterator]()
    let isOver = false
    try {
      for (let item = await next(iterator); ; item = await next(iterator)) {
        isOver = item.done === true
        if (isOver) break
        const checkpoint = asCheckpoint(item.value)
        if (checkpoint !== undefined) {
          offset = checkpoint.offset
          if (checkpoint.options.lost === true)
            throw new SyncError(
              `the feed "${feed.name}" of ${name} has lost rows of some of its tables, and no sync has read them again yet; sync it, then compare it again`,
              'fix-config',
              { code: 'not-readable' },
            )
          if (isPast(offset)) {
            take(keys)
            return
          }
        }
        const change = asChange(item.value)
        if (change?.table === table) keys.push(...keysOf(change, name, encoder))
        if (keys.length < KEYS) continue
        take(keys)
        keys = []
        await clock.turn()
      }
    } finally {
      if (!isOver) void Promise.try(() => iterator.return?.()).catch(() => {})
    }
    await clock.sleep(AGAIN_MS, wait.signal)
  }

  function next(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    return wait.page(() => iterator.next(), weightOf)
  }
}

function keysOf(change: TableChange, name: string, encoder: Encoder): readonly EncodedKey[] {
  const raws: readonly unknown[] =
    change.kind === 'upserted'
      ? [...change.rows, ...(change.before === undefined ? [] : [change.before])]
      : change.kind === 'deleted'
        ? change.keys
        : []
  if (change.kind === 'truncated' || change.kind === 'snapshot-started' || change.kind === 'snapshot-ended')
    throw new SyncError(
      `all rows of ${name} were replaced at its source, and no sync has read that yet; sync it, then compare it again`,
      'fix-config',
      { code: 'not-readable' },
    )
  // What cannot be read becomes a rejected row, of which no key is known.
  return raws.flatMap((raw) => {
    if (typeof raw !== 'object' || raw === null) return []
    const key = encoder.encodeKey(raw as Raw)
    return isKey(key) ? [key] : []
  })
}

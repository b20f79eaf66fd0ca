import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { endsWithin } from '../source/abort-law.ts'
import type { OpenPlace } from '../source/place.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'

const LIMIT_MS = 2000
/** How long a first item may take. */
const FIRST_MS = 5000
/** Who has told all it has, and does not end, waits. */
const WAITING_MS = 300

const WHEN = {
  before: 'before its first item',
  first: 'after its first item',
  silent: 'while the system kept it waiting',
  waiting: 'while it waited for changes',
} as const

export const feedAbortLaw: FeedLaw = {
  name: 'abort',
  says: 'a read that is aborted ends within two seconds',
  meaning: 'Ctrl-C hangs, a service cannot be restarted, and a connection to the system stays open.',
  async check(world) {
    for (const when of ['before', 'first', 'silent', 'waiting'] as const) {
      await using place = await world.place()
      if (when === 'silent' && place.server === undefined) continue
      if (!(await endsAborted(world, place, when))) {
        const example = `aborted ${WHEN[when]}, read() continued for more than two seconds; pass "signal" to every call that waits`
        return [{ table: undefined, example }]
      }
    }
    return []
  },
}

async function endsAborted(world: TestedFeed, place: OpenPlace, when: keyof typeof WHEN): Promise<boolean> {
  await using opened = await world.open(place)
  const controller = new AbortController()
  const start = await opened.start(randomUUID())
  await world.happens(place, opened.tables)
  const iterator = opened.items(start, controller.signal)
  if (when === 'first' || when === 'silent') await endsWithin(iterator.next(), FIRST_MS)
  if (when === 'silent' && place.server !== undefined) place.server.fault = 'silence'
  const rest = drain(iterator)
  if (when === 'silent') await wait(50)
  if (when === 'waiting') await endsWithin(rest, WAITING_MS)
  controller.abort(new Error('aborted by the test'))
  const isEnded = await endsWithin(rest, LIMIT_MS)
  if (place.server !== undefined) place.server.fault = undefined
  return isEnded
}

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    while ((await iterator.next()).done !== true);
  } catch {
    // However it ends: it ends.
  }
}

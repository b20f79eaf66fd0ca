import { randomUUID } from 'node:crypto'
import { cut } from '../source/row-text.ts'
import type { FeedLaw } from './feed-law.ts'

export const beginLaw: FeedLaw = {
  name: 'begin',
  says: 'begin called twice with one id finds what it made; end called twice removes it',
  meaning: 'after a crash at the start changes are missing, or the system keeps a log that nobody reads.',
  async check(world) {
    const { feed } = world
    if (feed.begin === undefined) return []
    await using place = await world.place()
    await using opened = await world.open(place)
    const id = randomUUID()
    const fail = (example: string) => [{ table: undefined, example }]
    const again = async (what: string, work: () => Promise<unknown>) => {
      try {
        return { offset: await work(), problem: undefined }
      } catch (error) {
        return { offset: undefined, problem: `${what} threw: ${error instanceof Error ? error.message : error}` }
      }
    }
    const first = await opened.start(id)
    const second = await again('begin called again with the same id', () => opened.start(id))
    if (second.problem !== undefined) return fail(second.problem)
    const [one, other] = [first, second.offset].map((offset) => String(JSON.stringify(offset)))
    if (one !== other)
      return fail(
        `nothing changed in between, but begin gave ${cut(one!)} and, with the same id, ${cut(other!)}: it does not find what it made`,
      )
    for (const what of ['end', 'end called again'])
      if (feed.end !== undefined) {
        const { problem } = await again(what, () => opened.ask(feed.end, { offset: first, id }))
        if (problem !== undefined) return fail(problem)
      }
    return []
  },
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Destination, FAILPOINTS, type Failpoint, type Feed, onFailpoint } from '@tidemark/core/engine'
import { contents, differences } from '../source/quiet-run.ts'
import type { FeedLaw } from './feed-law.ts'
import type { TestedFeed } from './tested-feed.ts'

/** In batches of so few rows a transaction is several. */
const FEW = 2
const MAX_ITEMS = 12
/** At so many of the times that a run passes a failpoint. */
const MAX_PASSES = 3

/** Where a run dies: before the nth item of the feed, or at the nth time that it passes a point of a commit. */
type Death = { readonly at: 'item' | Failpoint; readonly nth: number }

export const feedKillLaw: FeedLaw = {
  name: 'kill',
  says: 'a run that is killed anywhere and run again leaves what a quiet run leaves',
  meaning: 'after a power cut or an out-of-memory kill rows are missing or doubled, and no later run repairs that.',
  async check(world) {
    const quiet = await runsOf(world, undefined)
    for (const death of deaths(quiet.passes)) {
      const after = `killed ${whenOf(death)} and run again`
      const { rows, state } = await runsOf(world, death)
      const found = differences(world, rows, quiet.rows, after)
      if (found.length > 0) return found
      if (state !== quiet.state)
        return [
          { table: undefined, example: `${after}, the state is ${state}; after a quiet run it is ${quiet.state}` },
        ]
    }
    return []
  },
}

interface Outcome {
  readonly rows: ReadonlyMap<string, readonly string[]>
  /** What else there is, as a text. */
  readonly state: string
  /** How often each place was passed where a run may die. */
  readonly passes: ReadonlyMap<Death['at'], number>
}

/** Runs, dies, and runs again; without a death it runs once. */
async function runsOf(world: TestedFeed, death: Death | undefined): Promise<Outcome> {
  await using place = await world.place()
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-feed-kill-'))
  const url = join(folder, 'x.db')
  const passes = new Map<Death['at'], number>()
  try {
    const first = await world.file(url)
    const dying = new Dying(first, death, passes)
    onFailpoint((point) => dying.pass(point))
    try {
      const run = world.run(place, { destination: dying.destination, batchRows: FEW, feed: (feed) => dying.told(feed) })
      if (death === undefined) await run
      else await run.catch(() => {})
    } finally {
      onFailpoint(undefined)
      await first.close()
    }
    const destination = await world.file(url)
    try {
      if (death !== undefined) await world.runWell(place, { destination, batchRows: FEW })
      return { rows: await contents(destination), state: await stateOf(destination), passes }
    } finally {
      await destination.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function stateOf(destination: Destination): Promise<string> {
  const { feeds, tables } = await destination.state()
  const [feed] = feeds?.values() ?? []
  const { rows: rejects } = await destination.query('select count(*) from _tidemark_rejects')
  const statuses = [...tables.values()].map(({ name, status }) => `${name} ${status}`)
  return [feed?.offset == null ? 'no offset' : 'an offset', `${rejects[0]?.[0]} rejected rows`, ...statuses].join(', ')
}

/** From its death on a process asks nothing of its destination, and hears nothing of its source. */
class Dying {
  readonly destination: Destination
  readonly #death: Death | undefined
  readonly #passes: Map<Death['at'], number>
  #isDead = false

  constructor(living: Destination, death: Death | undefined, passes: Map<Death['at'], number>) {
    this.#death = death
    this.#passes = passes
    const isDead = (): boolean => this.#isDead
    this.destination = new Proxy(living, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown
        if (typeof value !== 'function') return value
        return isDead() ? () => Promise.reject(killed()) : (value.bind(target) as unknown)
      },
    })
  }

  /** @throws where the process dies here, or is dead. */
  pass(at: Death['at']): void {
    const nth = (this.#passes.get(at) ?? 0) + 1
    this.#passes.set(at, nth)
    if (this.#death?.at === at && this.#death.nth === nth) this.#isDead = true
    if (this.#isDead) throw killed()
  }

  told(feed: Feed): Feed {
    const pass = (): void => this.pass('item')
    return {
      ...feed,
      async *read(context: never) {
        for await (const item of feed.read(context)) {
          pass()
          yield item
        }
      },
    }
  }
}

const killed = (): Error => new Error('killed by the test')

function deaths(passes: ReadonlyMap<Death['at'], number>): readonly Death[] {
  const at = (place: Death['at'], most: number): readonly Death[] => {
    const all = passes.get(place) ?? 0
    const count = Math.min(all, most)
    const nths = Array.from({ length: count }, (_, nth) => Math.max(1, Math.round(((nth + 1) * all) / count)))
    return [...new Set(nths)].map((nth) => ({ at: place, nth }))
  }
  return [...at('item', MAX_ITEMS), ...FAILPOINTS.flatMap((point) => at(point, MAX_PASSES))]
}

const whenOf = ({ at, nth }: Death): string => (at === 'item' ? `before item ${nth}` : `at its ${at} number ${nth}`)

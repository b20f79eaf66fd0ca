import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commits, Reading } from './reading.ts'
import { Sandbox } from './sandbox.ts'

const EPOCH = 1_767_225_600
const HOUR = 3600
const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

/** Something that happens to a repository: numbers choose among the commits and branches that there are. */
type Event =
  | { readonly kind: 'commit'; readonly branch: number; readonly parents: readonly number[]; readonly offset: number }
  | { readonly kind: 'move'; readonly branch: number; readonly to: number }
  | { readonly kind: 'delete'; readonly branch: number }
  | { readonly kind: 'prune' }
  | { readonly kind: 'sync'; readonly later: number; readonly lag: number }

const branch = fc.nat({ max: 3 })
const event: fc.Arbitrary<Event> = fc.oneof(
  // Dates up to two days before and one after the clock, often the same ones.
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      branch,
      parents: fc.array(fc.nat({ max: 30 }), { maxLength: 2 }),
      offset: fc.integer({ min: -48, max: 24 }).map((hours) => hours * HOUR),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), branch, to: fc.nat({ max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), branch }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'prune' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      later: fc.integer({ min: 0, max: 30 * HOUR }),
      lag: fc.constantFrom(0, 0, HOUR),
    }),
  },
)

interface Made {
  readonly date: number
  readonly parents: readonly string[]
}

/** A repository that random events happen to. It writes objects and refs by itself: a process for each took too long. */
class World {
  readonly sandbox = Sandbox.create('--bare')
  now = EPOCH + 0.4
  readonly #commits = new Map<string, Made>()
  readonly #branches = new Map<number, string>()

  constructor() {
    this.#write('tree', '')
  }

  apply(event: Exclude<Event, { kind: 'sync' }>): void {
    const shas = [...this.#commits.keys()]
    if (event.kind === 'commit') {
      const parents = [...new Set(event.parents.flatMap((nth) => shas[nth % shas.length] ?? []))]
      const date = Math.floor(this.now + event.offset)
      const who = `<a@example.com> ${date} +0000`
      const lines = [
        `tree ${EMPTY_TREE}`,
        ...parents.map((sha) => `parent ${sha}`),
        `author A ${who}`,
        `committer C ${who}`,
      ]
      const sha = this.#write('commit', [...lines, '', `${shas.length}`, ''].join('\n'))
      this.#commits.set(sha, { date, parents })
      this.#point(event.branch, sha)
    } else if (event.kind === 'move' && shas.length > 0) this.#point(event.branch, shas[event.to % shas.length]!)
    else if (event.kind === 'delete' && this.#branches.delete(event.branch))
      rmSync(this.#path('refs', 'heads', `b${event.branch}`))
    else if (event.kind === 'prune') this.#prune()
  }

  /** Commits that can be reached, and their dates. */
  reachable(): Map<string, number> {
    const found = new Map<string, number>()
    const open = [...this.#branches.values()]
    for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
      if (found.has(sha)) continue
      const { date, parents } = this.#commits.get(sha)!
      found.set(sha, date)
      open.push(...parents)
    }
    return found
  }

  #point(branch: number, sha: string): void {
    this.#branches.set(branch, sha)
    writeFileSync(this.#path('refs', 'heads', `b${branch}`), `${sha}\n`)
  }

  #prune(): void {
    const kept = this.reachable()
    for (const sha of this.#commits.keys()) {
      if (kept.has(sha)) continue
      this.#commits.delete(sha)
      rmSync(this.#path('objects', sha.slice(0, 2), sha.slice(2)))
    }
  }

  #write(type: string, content: string): string {
    const object = `${type} ${Buffer.byteLength(content)}\0${content}`
    const sha = createHash('sha1').update(object).digest('hex')
    mkdirSync(this.#path('objects', sha.slice(0, 2)), { recursive: true })
    writeFileSync(this.#path('objects', sha.slice(0, 2), sha.slice(2)), deflateSync(object))
    return sha
  }

  #path(...parts: string[]): string {
    return join(this.sandbox.folder, ...parts)
  }
}
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** What the engine does with a table that has a revision, without lookback: the rule of coverage and resyncs. */
class Engine {
  readonly rows = new Map<string, string>()
  #covered: number | undefined
  #committed: string | undefined

  /** @param clock Gives the end of the windows; time may pass between the revision and it. */
  async sync(reading: Reading, clock: () => number): Promise<number> {
    const { revision, stale } = await reading.revision(this.#committed)
    const now = clock()
    let read = 0
    const take = async (from: number | undefined, to: number) => {
      if (from !== undefined && from >= to) return
      for (const row of await reading.rows(commits, {
        from: from === undefined ? undefined : iso(from),
        to: iso(to),
      })) {
        const date = Date.parse(row['committed_at'] as string) / 1000
        if ((from !== undefined && date < from) || date >= to) continue
        this.rows.set(row['sha'] as string, row['committed_at'] as string)
        read++
      }
    }
    const covered = this.#covered
    if (covered !== undefined) {
      for (const window of stale) {
        const from = window.from === undefined ? undefined : Date.parse(window.from) / 1000
        await take(from, Math.min(Date.parse(window.to) / 1000, covered))
      }
    }
    // Equal to the committed one: the gap is not read and counts as covered.
    if (revision !== this.#committed) await take(covered, now)
    this.#covered = Math.max(now, covered ?? now)
    this.#committed = revision
    return read
  }
}

describe('any history', () => {
  it('is read once when a window is split at any point', async () => {
    const commit = event.filter((one): one is Event & { kind: 'commit' } => one.kind === 'commit')
    const date = fc.integer({ min: -60 * HOUR, max: 30 * HOUR }).map((offset) => iso(EPOCH + offset))
    await fc.assert(
      fc.asyncProperty(
        fc.array(commit, { minLength: 1, maxLength: 12 }),
        fc.tuple(date, date, date),
        async (events, dates) => {
          const world = new World()
          for (const one of events) world.apply(one)
          const reading = await Reading.open(world.sandbox.folder)
          const [a, b, c] = dates.toSorted()
          const whole = await reading.shas({ from: a, to: c! })
          const parts = [...(await reading.shas({ from: a, to: b! })), ...(await reading.shas({ from: b, to: c! }))]
          expect(parts.sort()).toEqual(whole)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('is complete after every sync, whatever happened in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 18 }), async (events) => {
        const world = new World()
        const engine = new Engine()
        const expected = new Set<string>()
        const reading = await Reading.open(world.sandbox.folder, () => world.now * 1000)
        const ever = new Set<string>()
        const sync = async ({ later, lag }: { later: number; lag: number }) => {
          world.now += later
          const reachable = world.reachable()
          // A commit from the future counts once its date has come, if it is still there then.
          for (const [sha, date] of reachable) if (date < world.now) expected.add(sha)
          for (const sha of reachable.keys()) ever.add(sha)
          const read = await engine.sync(reading, () => {
            world.now += lag
            return world.now
          })
          expect([...expected].filter((sha) => !engine.rows.has(sha))).toEqual([])
          expect([...engine.rows.keys()].filter((sha) => !ever.has(sha))).toEqual([])
          return read
        }
        for (const one of events) {
          if (one.kind === 'sync') await sync(one)
          else world.apply(one)
        }
        for (const later of [1, 2, 3, 4, 5, 20]) await sync({ later: later * HOUR, lag: HOUR })
        expect(await sync({ later: HOUR, lag: 0 })).toBe(0)
      }),
      { numRuns: 25 },
    )
  })
})

import { readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { isAlive, processIn, runSource } from '../../testkit/test/source-run.ts'
import { emptyFolder } from './harness.ts'

const KILLS = Number(process.env['TIDEMARK_KILLS'] ?? 10)
/** How many events each run finds to read. */
const EVENTS = 600
/** A kill comes at a random moment of so long: a run takes about that. */
const LIFE_MS = 2500
const TAP = [process.execPath, join(import.meta.dirname, 'taps/log-tap.js')]

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function urlOf(database: string): Promise<string> {
  if (database === 'sqlite') return join(emptyFolder(), 'db.sqlite')
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  return url
}

/** A run in a process of its own, and the file that has the process id of its tap. */
function victimOf(url: string, until: number, pid: string) {
  rmSync(pid, { force: true })
  const run = runSource({
    file: join(import.meta.dirname, '../dist/index.js'),
    url,
    config: { command: TAP, streams: { visits: { rowHash: true } }, config: { until, pid } },
    settings: { retry: { attempts: 3, firstDelayMs: 10, maxDelayMs: 100 }, batch: { rows: 200, bytes: 1_000_000 } },
  })
  return { ...run, tap: () => processIn(pid) }
}

/** What the tables must hold after so many events. */
function expected(until: number): { readonly items: readonly unknown[]; readonly visits: number } {
  const items = new Map<number, number>()
  for (let at = 0; at < until; at++) {
    if (at % 7 === 3) items.delete(at % 500)
    else items.set(at % 500, at)
  }
  return { items: [...items].toSorted(([a], [b]) => a - b), visits: until }
}

it.each(['sqlite', 'postgres'])(
  `a runner and taps that are killed ${KILLS} times leave the rows and the state of a quiet run in %s`,
  { timeout: 60_000 + KILLS * 30_000 },
  async (database) => {
    const url = await urlOf(database)
    const pid = join(emptyFolder(), 'pid')
    // Who ended before was not killed.
    let [kills, runs] = [0, 0]
    while (kills < KILLS) {
      const victim = victimOf(url, ++runs * EVENTS, pid)
      await sleep(Math.random() * LIFE_MS)
      const tap = victim.tap()
      if (Math.random() < 0.6) {
        if (victim.kill()) kills++
        await victim.ended
        // The tap does not outlive its runner.
        for (let waited = 0; tap !== undefined && isAlive(tap); waited++) {
          expect(waited).toBeLessThan(500)
          await sleep(20)
        }
      } else {
        if (tap !== undefined && process.kill(tap, 'SIGKILL')) kills++
        await victim.ended
      }
    }
    const until = runs * EVENTS + 50
    const { code, output } = await victimOf(url, until, pid).ended
    expect(output).toBe('')
    expect(code).toBe(0)
    const runner = { id: 'looks', host: 'here', pid: process.pid, startedAt: 0n }
    const destination = await openDestination({ url, runner })
    onTestFinished(() => destination.close())
    const rows = async (statement: string) => (await destination.query(statement)).rows.map((row) => row.map(Number))
    const wanted = expected(until)
    expect(await rows('select id, version from shop_items where _deleted_at is null order by id')).toEqual(wanted.items)
    expect(await rows('select count(*), count(distinct number), max(number) from shop_visits')).toEqual([
      [wanted.visits, wanted.visits, wanted.visits - 1],
    ])
    expect(await rows('select count(*), min(id), max(id) from shop_tags where _deleted_at is null')).toEqual([
      [50, 0, 49],
    ])
    const feed = [...((await destination.state()).feeds ?? new Map()).values()][0] as { readonly offset: string }
    expect(JSON.parse(JSON.parse(feed.offset).state).bookmarks).toEqual({
      items: { at: until },
      visits: { number: until },
    })
    // Files with secrets of runners that were killed are gone.
    expect(readdirSync(tmpdir()).filter((name) => isLeftover(name))).toEqual([])
  },
)

const isLeftover = (name: string): boolean => {
  const owner = /^tidemark-singer-.*-(\d+)-\w+$/.exec(name)?.[1]
  return owner !== undefined && !isAlive(Number(owner))
}

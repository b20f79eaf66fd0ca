import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { testProject } from './test-project.ts'

// A process that is killed at any moment loses nothing and doubles nothing: the rows end up as those of a quiet run.

const KILLS = 10

/** One table of each way to commit: by key in windows, in ascending order, without a key, whole, and by partition. */
const SOURCE = `
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'kinds' })
const START = Date.parse('2026-01-01T00:00:00Z')
const HOUR = 3_600_000
const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
const rowsOf = (from, to) => {
  const rows = []
  for (let id = 0; id < 40 * 24 * 20; id++) {
    const at = START + Math.floor(id / 20) * HOUR
    if (at >= Date.parse(from ?? '2000-01-01') && at < Date.parse(to ?? '2100-01-01')) rows.push({ id, at: new Date(at).toISOString(), note: 'row ' + id })
  }
  return rows
}
async function* pages(rows) {
  for (let at = 0; at < rows.length; at += 500) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield rows.slice(at, at + 500)
  }
}
const common = { row, cursor: 'at', start: '2026-01-01T00:00:00Z', end: () => '2026-02-10T00:00:00Z', async *read({ from, to }) { yield* pages(rowsOf(from, to)) } }
const half = source.partitions(() => ['even', 'odd'])
export default register(source.with([
  source.table({ ...common, name: 'keyed', primaryKey: ['id'], window: days(2) }),
  source.table({ ...common, name: 'ascending', primaryKey: ['id'], ordered: 'ascending' }),
  source.table({ ...common, name: 'keyless', window: days(2) }),
  source.table({ name: 'whole', row, primaryKey: ['id'], read: () => pages(rowsOf()) }),
  source.table({ name: 'parts', row, primaryKey: ['id'], partitions: half, async *read({ partition }) {
    yield* pages(rowsOf().filter((one) => (one.id % 2 === 0) === (partition === 'even')))
  } }),
]))
`

it(`${KILLS} kills at random moments leave the rows of a quiet run`, { timeout: 120_000 }, async () => {
  const project = testProject()
  project.install('kinds', SOURCE)
  const seed = Date.now() % 1_000_000
  let random = seed
  for (let kill = 0; kill < KILLS; kill++) {
    // A small generator of its own (Lehmer), so that a failure can be told by its seed.
    random = (random * 48_271 + 11) % 2_147_483_647
    const running = project.start(['sync'])
    await wait(150 + (random % 1500))
    running.child.kill('SIGKILL')
    await running.ended
  }
  const last = await project.run(['sync'])
  expect(last.code, `seed ${seed}: ${last.stdout}${last.stderr}`).toBe(0)
  const all = 40 * 24 * 20
  for (const table of ['keyed', 'ascending', 'keyless', 'whole', 'parts']) {
    const columns = 'count(*) as n, count(distinct id) as ids, sum(id) as sum, sum(_deleted_at is not null) as gone'
    const { stdout } = await project.run(['query', `select ${columns} from kinds_${table}`, '--json'])
    const { rows } = JSON.parse(stdout) as { rows: object[] }
    expect(rows, `${table}, seed ${seed}`).toEqual([{ n: all, ids: all, sum: (all * (all - 1)) / 2, gone: 0 }])
  }
})

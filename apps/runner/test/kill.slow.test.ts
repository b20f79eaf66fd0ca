import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { KINDS, KINDS_SOURCE, ROWS } from './kinds.ts'
import { testProject } from './test-project.ts'

// A process that is killed at any moment loses nothing and doubles nothing: the rows end up as those of a quiet run.

const KILLS = 10

it(`${KILLS} kills at random moments leave the rows of a quiet run`, async () => {
  const project = testProject()
  project.install('kinds', KINDS_SOURCE)
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
  for (const table of KINDS) {
    const columns = 'count(*) as n, count(distinct id) as ids, sum(id) as sum, sum(_deleted_at is not null) as gone'
    const { stdout } = await project.run(['query', `select ${columns} from kinds_${table}`, '--json'])
    const { rows } = JSON.parse(stdout) as { rows: object[] }
    expect(rows, `${table}, seed ${seed}`).toEqual([{ n: ROWS, ids: ROWS, sum: (ROWS * (ROWS - 1)) / 2, gone: 0 }])
  }
})

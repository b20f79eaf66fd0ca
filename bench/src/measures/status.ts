import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { MAIN, makeProject } from '../many-tables.ts'
import { report, seconds } from '../measure.ts'

// What `status` takes by the clock beside a Node that does nothing, in turns.
const TABLES = 1000
const TURNS = 21

await report(async (folder) => {
  await makeProject(folder)
  const env = { ...process.env, SHAPE: JSON.stringify({ tables: TABLES, partitions: 0, windows: 1 }) }
  const node = async (...args: readonly string[]): Promise<void> => {
    await promisify(execFile)(process.execPath, args, { cwd: folder, env, maxBuffer: 1 << 28 })
  }
  await node(MAIN, 'sync')
  const took: Record<'nothing' | 'status', number[]> = { nothing: [], status: [] }
  for (let turn = 0; turn < TURNS; turn++) {
    took.nothing.push(await seconds(() => node('-e', '0')))
    took.status.push(await seconds(() => node(MAIN, 'status')))
  }
  const middle = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[TURNS >> 1]!
  const [nothing, status] = [middle(took.nothing), middle(took.status)]
  return { nothing, status, ratio: status / nothing }
})

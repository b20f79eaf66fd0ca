import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { MIN_AGE_MS, type TenSystems, tenSystems, WELL } from './ten-systems.ts'

const MAIN = fileURLToPath(new URL('../apps/runner/dist/main.js', import.meta.url))
const CLOCK = new URL('./stepped-clock.ts', import.meta.url).href
/** Some 25 minutes of `--every 5s`, in three. */
const ROUNDS = Number(process.env['TIDEMARK_ROUNDS'] ?? 300)
const EVERY_MS = 5000
/** By the real clock a round takes as long as it says: `TIDEMARK_REAL=1 pnpm exec vitest run ten-systems.test.ts`. */
const IS_REAL = process.env['TIDEMARK_REAL'] === '1'
/** What a run takes; by the real clock also what a busy machine does. */
const SLACK_MS = IS_REAL ? 8000 : 2000
/** The systems are let do what takes time so often. */
const STEP_MS = 1000

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const tableOf = (system: string): string => (system === 'git' ? 'git_commits' : `${system}_items`)

async function statusOf(
  folder: string,
  now: number,
): Promise<Record<string, { status: string; last_error: string | null }>> {
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeArgs(), MAIN, 'status', '--json'], {
    cwd: folder,
    env: clockEnv(now),
  })
  const { tables } = JSON.parse(stdout) as { tables: { name: string; status: string; last_error: string | null }[] }
  return Object.fromEntries(tables.map((table) => [table.name, table]))
}

const nodeArgs = (): readonly string[] => (IS_REAL ? [] : ['--import', CLOCK])
const clockEnv = (now: number) => ({ ...process.env, TIDEMARK_TEST_CLOCK: String(now) })

/** A clock that the systems and the runner share. */
class TestClock {
  #now = Date.now()
  readonly #runner: () => ChildProcess

  constructor(runner: () => ChildProcess) {
    this.#runner = runner
  }

  readonly now = (): number => (IS_REAL ? Date.now() : this.#now)

  /** Lets time pass; by the stepped clock until the runner has done all that it does by then. */
  async pass(ms: number): Promise<void> {
    if (IS_REAL) return wait(ms)
    const runner = this.#runner()
    this.#now += ms
    const reached = Promise.withResolvers<void>()
    runner.once('message', () => reached.resolve())
    runner.once('exit', (code) => reached.reject(new Error(`the runner ended with ${code}`)))
    runner.send({ to: this.#now })
    await reached.promise
    runner.removeAllListeners('exit')
  }
}

/** What is not as its source was, so long ago that it must have been read since. */
function differences(systems: TenSystems, now: number, compared: Map<string, number>): readonly string[] {
  const database = new DatabaseSync(join(systems.folder, 'data/tidemark.db'), { readOnly: true, timeout: 5000 })
  try {
    return WELL.flatMap((name) => {
      const isTimed = name === 'api' || name === 'plugin'
      const bound = now - EVERY_MS * 1.1 - SLACK_MS - (isTimed ? MIN_AGE_MS : 0)
      const due = systems.settled(name, bound)
      compared.set(name, (compared.get(name) ?? 0) + due.length)
      if (due.length === 0) return []
      const found = rowsIn(database, name)
      const missing = due.filter(({ id, v }) => !((found.get(id) ?? 0) >= v)).map(({ id, v }) => `${name} ${id} v${v}`)
      // What was deleted long ago is not there.
      const extra = [...found.keys()].filter(
        (id) => !systems.has(name, id) && !systems.settled(name, now).some((one) => one.id === id),
      )
      return [
        ...missing,
        ...(name === 'git' ? [] : extra.filter((id) => id < due.at(-1)!.id - 8).map((id) => `${name} ${id} is gone`)),
      ]
    })
  } finally {
    database.close()
  }
}

function rowsIn(database: DatabaseSync, name: string): ReadonlyMap<number, number> {
  const table = tableOf(name)
  const columns = name === 'git' ? 'cast(substr(subject, 7) as integer) as id, 1 as v' : 'id, v'
  try {
    const rows = database.prepare(`select ${columns} from ${table} where _deleted_at is null`).all()
    return new Map(rows.map((row) => [Number(row['id']), Number(row['v'])]))
  } catch (error) {
    // A table that no row has come to yet.
    if (/no such table/.test(String(error))) return new Map()
    throw error
  }
}

it(
  `five systems equal their sources in each of ${ROUNDS} rounds beside five that hang, drip, break, bar and change`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-ten-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const clock = new TestClock(() => running)
    const systems = await tenSystems(folder, clock.now)
    onTestFinished(() => systems.close())
    systems.change(1)
    const args = [...nodeArgs(), MAIN, 'sync', '--every', `${EVERY_MS / 1000}s`]
    const stdio: StdioOptions = IS_REAL ? 'pipe' : ['pipe', 'pipe', 'pipe', 'ipc']
    const running: ChildProcess = spawn(process.execPath, args, { cwd: folder, env: clockEnv(clock.now()), stdio })
    onTestFinished(() => void running.kill('SIGKILL'))
    let said = ''
    running.stderr?.on('data', (chunk: Uint8Array) => (said += text(chunk)))
    running.stdout?.on('data', (chunk: Uint8Array) => (said += text(chunk)))
    const wrong: string[] = []
    const compared = new Map<string, number>()
    for (let round = 2; round <= ROUNDS; round++) {
      for (let passed = 0; passed < EVERY_MS; passed += STEP_MS) {
        await clock.pass(STEP_MS)
        systems.drip()
      }
      systems.mood.barred = round > ROUNDS / 2
      systems.mood.shape = Math.floor(round / 4)
      for (const one of differences(systems, clock.now(), compared)) wrong.push(`round ${round}: ${one}`)
      systems.change(round)
      if (round < 5) continue
      const status = await statusOf(folder, clock.now())
      for (const name of WELL) {
        const { status: its, last_error: error } = status[tableOf(name)] ?? { status: 'unknown', last_error: null }
        if (its !== 'complete' || error !== null) wrong.push(`round ${round}: ${name} is ${its}: ${error}`)
      }
      // The three that never gave a row are never called complete, and once they were given up they say why.
      for (const name of ['hangs', 'drips', 'breaks']) {
        const its = status[tableOf(name)]
        if (its?.status === 'complete') wrong.push(`round ${round}: ${name} is live`)
      }
      const barred = status['barred_items']
      if (round < ROUNDS / 2 && barred?.status !== 'complete') wrong.push(`round ${round}: barred is ${barred?.status}`)
      if (round > ROUNDS / 2 + 4 && !(barred?.status === 'failing' && barred.last_error?.includes('403')))
        wrong.push(`round ${round}: barred is ${barred?.status}: ${barred?.last_error}`)
    }
    running.kill('SIGTERM')
    expect(wrong, said.slice(-4000)).toEqual([])
    // Rows were compared with each of them, and many times.
    for (const name of WELL) expect(compared.get(name), name).toBeGreaterThan(ROUNDS)
  },
  40 * 60_000,
)

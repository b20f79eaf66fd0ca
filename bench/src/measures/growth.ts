import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { MAIN, makeProject } from '../many-tables.ts'
import { type Found, report } from '../measure.ts'

// What the first sync of many tables costs, and commands that find nothing new, each a process of its own with a SQLite file, at one
// size and at twice that size.
const TABLES = Number(process.argv[2] ?? 2500)
const PARTITIONS = 25_000
const WINDOWS = 43_800
const HOUR = 3_600_000_000n
const END = BigInt(Date.UTC(2026, 0, 1)) * 1000n

const run = promisify(execFile)
/** Writes what the process took as it ends. */
const TOLD = `data:text/javascript,${encodeURIComponent(
  `import { writeFileSync } from 'node:fs'
   process.on('exit', () => writeFileSync(process.env.TOLD, JSON.stringify(process.resourceUsage())))`,
)}`

interface Kind {
  readonly name: string
  readonly size: number
  readonly shape: (size: number) => { readonly tables: number; readonly partitions: number; readonly windows: number }
  /** Makes the state of this size from that of a small sync: commits of its own would take minutes. */
  readonly grow?: (state: DatabaseSync, size: number) => void
  readonly commands: readonly ('status' | 'plan' | 'sync' | 'dashboard')[]
}

const KINDS: readonly Kind[] = [
  {
    name: 'tables',
    size: TABLES,
    shape: (tables) => ({ tables, partitions: 0, windows: 1 }),
    commands: ['status', 'plan', 'sync', 'dashboard'],
  },
  {
    name: 'partitions',
    size: PARTITIONS,
    shape: (partitions) => ({ tables: 1, partitions, windows: 1 }),
    grow: (state, size) => {
      for (const table of ['_tidemark_partitions', '_tidemark_coverage']) {
        state.exec(`create temporary table one as select * from ${table}`)
        const [name, copy] = [state.prepare('update one set partition = ?'), `insert into ${table} select * from one`]
        const again = state.prepare(copy)
        for (let n = 1; n < size; n++) {
          name.run(`p${n}`)
          again.run()
        }
        state.exec('drop table one')
      }
    },
    commands: ['status', 'plan', 'sync', 'dashboard'],
  },
  // Every other hour is covered, as an interrupted backfill leaves it at its worst. A sync would read what is missing.
  {
    name: 'windows',
    size: WINDOWS,
    shape: (windows) => ({ tables: 1, partitions: 0, windows }),
    grow: (state, size) => {
      state.exec('delete from _tidemark_coverage')
      const cover = state.prepare(`insert into _tidemark_coverage (name, partition, from_position, to_position, assumed)
        values ('many_t0', '', ?, ?, 0)`)
      for (let n = 0; n < size; n += 2) cover.run(END - BigInt(size - n) * HOUR, END - BigInt(size - n - 1) * HOUR)
    },
    commands: ['status', 'plan', 'dashboard'],
  },
]

await report(async (folder) => {
  const found: Record<string, number> = {}
  for (const kind of KINDS)
    for (const times of [1, 2]) Object.assign(found, await measured(join(folder, `${kind.name}-${times}`), kind, times))
  return found
})

async function measured(folder: string, { name, size, shape, grow, commands }: Kind, times: number): Promise<Found> {
  const wanted = size * times
  await makeProject(folder)
  const first =
    grow === undefined ? shape(wanted) : { tables: 1, partitions: name === 'partitions' ? 1 : 0, windows: 1 }
  const begun = await cost(folder, 'sync', first)
  const found: Record<string, number> = {}
  const note = (command: string, { cpu, megabytes }: Cost): void => {
    found[`${name}.${command}.${times}`] = cpu
    found[`${name}.${command}.${times}.mb`] = megabytes
  }
  if (grow === undefined) note('first', begun)
  else {
    const state = new DatabaseSync(join(folder, 'many.db'))
    state.exec('begin')
    grow(state, wanted)
    state.exec('commit')
    state.close()
  }
  for (const command of commands) note(command, await cost(folder, command, shape(wanted)))
  return found
}

interface Cost {
  readonly cpu: number
  readonly megabytes: number
}

/** Seconds of the processor, user and system, and the most memory that a command took; of the dashboard until it has served its first page. */
async function cost(folder: string, command: string, shape: object): Promise<Cost> {
  const told = join(folder, 'told.json')
  const env = { ...process.env, TOLD: told, SHAPE: JSON.stringify(shape) }
  const args = (verb: readonly string[]) =>
    ['--import', TOLD, MAIN, ...verb, '--json', '--destination', './many.db'] as const
  const options = { cwd: folder, env }
  if (command === 'dashboard') await openDashboard(args(['ui', '--port', '0']), options)
  else await run(process.execPath, args([command]), { ...options, maxBuffer: 1 << 28 })
  const { default: usage } = (await import(`${told}?${performance.now()}`, { with: { type: 'json' } })) as {
    readonly default: NodeJS.ResourceUsage
  }
  return { cpu: (usage.userCPUTime + usage.systemCPUTime) / 1e6, megabytes: Math.round(usage.maxRSS / 1024) }
}

async function openDashboard(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'exit')
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /"url": "([^"]+)"/.exec(line)?.[1]
      if (url === undefined) continue
      for (const path of ['', 'api/overview']) {
        const answer = await fetch(`${url}${path}`)
        if (!answer.ok) throw new Error(`the dashboard answers ${answer.status}: ${await answer.text()}`)
        await answer.arrayBuffer()
      }
      break
    }
  } finally {
    child.kill('SIGINT')
    await ended
  }
}

import { spawn } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Source, SyncError } from '@tidemark/core'
import { startPostgres } from '@tidemark/postgres-server'
import fivetran from '@tidemark/source-fivetran'
import singer from '@tidemark/source-singer'
import { report, seconds } from '../measure.ts'
import { runInto } from '../run.ts'

// A connector of Fivetran's SDK and a Singer tap that make the orders of the other measures: each end to end, and beside
// it the same Python, from its start to its end, with the same serialisation, which writes its lines to /dev/null.
const rows = Number(process.argv[2] ?? 500_000)
// Whoever runs this may have told Python to write each line by itself: to /dev/null that costs nothing, into a pipe it does.
delete process.env['PYTHONUNBUFFERED']
const CHECKPOINT_EVERY = Number(process.argv[3] ?? 10_000)
const TURNS = Number(process.argv[4] ?? 3)

const folderOf = (name: string): string => fileURLToPath(new URL(`../../connectors/${name}`, import.meta.url))
const numbers = { rows, checkpoint_every: CHECKPOINT_EVERY }

interface Adapter {
  readonly source: Source
  readonly config: unknown
  /** Runs its Python alone. */
  readonly alone: (folder: string) => Promise<void>
}

const TAP = ['python3', join(folderOf('singer'), 'tap.py')]
const ADAPTERS: Readonly<Record<string, Adapter>> = {
  fivetran: {
    source: fivetran as unknown as Source,
    config: { connector: folderOf('fivetran'), configuration: numbers },
    /** The host of `source-fivetran`, whose operations go to /dev/null and whose answers are there already. */
    async alone(folder) {
      const host = fileURLToPath(
        new URL('../python/tidemark_host.py', import.meta.resolve('@tidemark/source-fivetran')),
      )
      const texts = { rows: String(rows), checkpoint_every: String(CHECKPOINT_EVERY) }
      const asked = { verb: 'update', folder: folderOf('fivetran'), configuration: texts, marker: '$m', state: {} }
      const answers = join(folder, 'answers')
      writeFileSync(answers, `${JSON.stringify(asked)}\n${'ok\n'.repeat(rows / CHECKPOINT_EVERY)}`)
      const input = openSync(answers, 'r')
      await python(['python3', '-X', 'utf8', host], ['ignore', 'ignore', 'inherit', nowhere(), input])
      closeSync(input)
    },
  },
  singer: {
    source: singer as unknown as Source,
    config: { command: TAP, config: numbers },
    async alone(folder) {
      const config = join(folder, 'config.json')
      writeFileSync(config, JSON.stringify(numbers))
      await python([...TAP, '--config', config], ['ignore', nowhere(), 'inherit'])
    },
  },
}

const nowhere = (): number => openSync('/dev/null', 'w')

function python([command = '', ...args]: readonly string[], stdio: (number | 'ignore' | 'inherit')[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio })
    child.once('error', reject)
    child.once('exit', (code) => {
      for (const one of stdio.slice(0, 4)) if (typeof one === 'number') closeSync(one)
      return code === 0 ? resolve() : reject(new Error(`${command} ended with exit code ${code}`))
    })
  })
}

async function into(url: string, { source, config }: Adapter): Promise<void> {
  const { tables } = await runInto(url, source, { config })
  const written = tables.reduce((sum, table) => sum + table.rows.written, 0)
  if (written !== rows) throw new SyncError(`wrote ${written} rows of ${rows}`, 'fix-source')
}

/** What this process computed for a row, in microseconds: other work of the machine has little part in it. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / rows
}

const best = (times: readonly number[]): number => Math.min(...times)

await report(async (folder) => {
  const server = await startPostgres({ onDisk: true })
  const found: Record<string, number> = { rows }
  try {
    for (const [name, adapter] of Object.entries(ADAPTERS)) {
      const times: Record<'alone' | 'sqlite' | 'postgres', number[]> = { alone: [], sqlite: [], postgres: [] }
      const computed: Record<'sqlite' | 'postgres', number[]> = { sqlite: [], postgres: [] }
      const measured = async (what: 'sqlite' | 'postgres', url: string): Promise<void> => {
        const work = async () => void times[what].push(await seconds(() => into(url, adapter)))
        computed[what].push(await processorTime(work))
      }
      // By turns, so that a machine that slows down slows all.
      for (let turn = 0; turn < TURNS; turn++) {
        times.alone.push(await seconds(() => adapter.alone(folder)))
        await measured('sqlite', join(folder, `${name}-${turn}.db`))
        const { url, schema } = await server.newSchema()
        await measured('postgres', url)
        await server.dropSchema(schema)
        await server.execute('checkpoint')
      }
      for (const [what, all] of Object.entries(times)) {
        found[`${name}.${what}`] = rows / best(all)
        if (what !== 'alone') found[`${name}.${what}Ratio`] = best(times.alone) / best(all)
      }
      for (const [what, all] of Object.entries(computed)) found[`${name}.${what}Microseconds`] = best(all)
    }
    return found
  } finally {
    await server.stop()
  }
})

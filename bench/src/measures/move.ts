import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { move } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { csvOf } from '../csv.ts'
import { type Found, report } from '../measure.ts'
import { processorSeconds } from '../processor.ts'
import { runInto } from '../run.ts'

// Rows of a CSV file: a sync of them into a new table of each database, and a move of that table from each into each. Processor
// seconds of this process and the server.
const ROWS = Number(process.argv[2] ?? 200_000)
const TURNS = 3
const KINDS = ['sqlite', 'postgres'] as const

await report(async (folder) => {
  const server = await startPostgres({ onDisk: true })
  try {
    return await moved(folder, server)
  } finally {
    await server.stop()
  }
})

async function moved(folder: string, server: PostgresServer): Promise<Found> {
  const { source, config } = await csvOf(join(folder, 'orders.csv'), ROWS)
  let files = 0
  const newPlace = async (kind: (typeof KINDS)[number]): Promise<string> =>
    kind === 'sqlite' ? join(folder, `${++files}.db`) : (await server.newSchema()).url
  const took: Record<string, number> = {}
  const time = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    await server.execute('checkpoint')
    const seconds = await processorSeconds(work, server)
    took[name] = Math.min(took[name] ?? Number.POSITIVE_INFINITY, seconds)
  }
  for (let turn = 0; turn < TURNS; turn++) {
    const synced: Record<string, string> = {}
    for (const kind of KINDS) {
      const url = await newPlace(kind)
      synced[kind] = url
      await time(`sync.${kind}`, () => runInto(url, source, { config }))
    }
    for (const from of KINDS)
      for (const to of KINDS) {
        const url = await newPlace(to)
        await time(`${from}.${to}`, () => moveRows(synced[from]!, url))
      }
  }
  const ratios = KINDS.flatMap((from) =>
    KINDS.map((to) => [`${from}.${to}.ratio`, took[`${from}.${to}`]! / took[`sync.${to}`]!] as const),
  )
  return { ...took, ...Object.fromEntries(ratios) }
}

async function moveRows(fromUrl: string, toUrl: string): Promise<void> {
  const runner = { id: `bench-${process.pid}-${performance.now()}`, host: 'bench', pid: process.pid, startedAt: 0n }
  const from = await openDestination({ url: fromUrl, runner })
  const to = await openDestination({ url: toUrl, runner })
  try {
    const { rows } = await move({ from, to })
    if (rows !== ROWS) throw new Error(`${rows} rows were moved`)
  } finally {
    await to.close()
    await from.close()
  }
}

import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { verify } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { csvOf } from '../csv.ts'
import { type Found, report } from '../measure.ts'
import { processorSeconds } from '../processor.ts'
import { runInto } from '../run.ts'

// Rows of a CSV file: a sync of them into a new table, and a comparison of all of them, which are equal. Processor seconds of
// this process and the server.
const kind = process.argv[2] ?? 'postgres'
const ROWS = Number(process.argv[3] ?? 300_000)
const TURNS = 3

await report(async (folder) => {
  if (kind === 'sqlite') return await compared(folder)
  const server = await startPostgres({ onDisk: true })
  try {
    return await compared(folder, server)
  } finally {
    await server.stop()
  }
})

async function compared(folder: string, server?: PostgresServer): Promise<Found> {
  const { source, config, table } = await csvOf(join(folder, 'orders.csv'), ROWS)
  const found = { sync: [] as number[], verify: [] as number[] }
  for (let turn = 0; turn < TURNS; turn++) {
    const url = server === undefined ? join(folder, `${turn}.db`) : (await server.newSchema()).url
    await server?.execute('checkpoint')
    found.sync.push(await processorSeconds(() => runInto(url, source, { config }), server))
    await server?.execute('checkpoint')
    found.verify.push(
      await processorSeconds(async () => {
        const destination = await openDestination({
          url,
          runner: { id: 'bench', host: 'bench', pid: 1, startedAt: 0n },
        })
        const sources = [{ name: source.name, source, config, options: {} }]
        const { exitCode, rows } = await verify({ sources, destination }, { table })
        await destination.close()
        if (exitCode !== 0 || rows.destination !== ROWS) throw new Error(`verify ended with ${exitCode}`)
      }, server),
    )
  }
  const [sync, looked] = [Math.min(...found.sync), Math.min(...found.verify)]
  return { sync, verify: looked, ratio: looked / sync }
}

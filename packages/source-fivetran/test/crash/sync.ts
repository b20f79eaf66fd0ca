import { openDestination } from '@tidemark/destination'
import { sync, systemClock } from '@tidemark/engine'
import { FivetranConfig } from '../../src/config.ts'
import source from '../../src/index.ts'

// One run in a process of its own, which a test kills: node sync.ts <connector> <database> [rows of a batch]
const [connector, url, rows = '20'] = process.argv.slice(2)
const runner = { id: `run ${process.pid}`, host: 'here', pid: process.pid, startedAt: 0n }
// Whoever held the tables before was killed.
const destination = await openDestination({ url: url!, runner, isAlive: () => false })
const report = await sync({
  sources: [{ name: 'shop', source: source as never, config: FivetranConfig.parse({ connector }), options: {} }],
  destination,
  clock: systemClock,
  settings: { batch: { rows: Number(rows), bytes: 1e6 } },
})
await destination.close()
process.exit(report.exitCode)

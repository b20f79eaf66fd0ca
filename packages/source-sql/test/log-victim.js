// One run of the engine in a process of its own, to be killed: `node log-victim.js <destination> <config>`. It runs what is built.
import { openDestination } from '@tidemark/destination'
import { sync, systemClock } from '@tidemark/engine'
import source from '@tidemark/source-sql'

const [, , url, config] = process.argv
const runner = { id: `victim-${process.pid}`, host: 'here', pid: process.pid, startedAt: BigInt(Date.now()) * 1000n }
/** Whether a runner of this machine still runs: the tables of one that was killed are free at once. */
const isAlive = ({ pid }) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const destination = await openDestination({ url, runner, isAlive })
const report = await sync({
  sources: [
    { name: 'crm', source, config: source.config.parse(JSON.parse(config)), options: { deletionLimit: 'none' } },
  ],
  destination,
  settings: { retry: { attempts: 30, firstDelayMs: 20, maxDelayMs: 200 }, batch: { rows: 1000, bytes: 1_000_000 } },
  clock: systemClock,
})
await destination.close()
const shown = (_key, value) => (typeof value === 'bigint' ? String(value) : value)
if (report.exitCode !== 0) console.error(JSON.stringify(report, shown))
process.exitCode = report.exitCode

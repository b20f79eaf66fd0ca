// One run of the engine in a process of its own, to be killed or measured: `node log-victim.js <destination> <config> [<batch>]`. It runs what is built.
import { openDestination } from '@tidemark/destination'
import { sync, systemClock } from '@tidemark/engine'
import source from '@tidemark/source-sql'

const [, , url, config, batch = '{"rows":1000,"bytes":1000000}'] = process.argv
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
  settings: { retry: { attempts: 30, firstDelayMs: 20, maxDelayMs: 200 }, batch: JSON.parse(batch) },
  clock: systemClock,
})
await destination.close()
const shown = (_key, value) => (typeof value === 'bigint' ? String(value) : value)
if (report.exitCode !== 0) console.error(JSON.stringify(report, shown))
console.log(
  JSON.stringify({ peakMb: Math.round(process.resourceUsage().maxRSS / 1024), cpuS: process.cpuUsage().user / 1e6 }),
)
process.exitCode = report.exitCode

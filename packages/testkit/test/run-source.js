// One run of the engine over one source in a process of its own, to be killed or measured: `node run-source.js <file of the source>
// <destination> <what is asked, as JSON>`. It runs what is built.
import { openDestination } from '@tidemark/destination'
import { sync, systemClock } from '@tidemark/engine'

const [, , file, url, asked] = process.argv
const { name, config, options, settings } = JSON.parse(asked)
const { default: source } = await import(file)
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
  sources: [{ name, source, config: source.config.parse(config), options }],
  destination,
  settings,
  clock: systemClock,
})
await destination.close()
const shown = (_key, value) => (typeof value === 'bigint' ? String(value) : value)
if (report.exitCode !== 0) console.error(JSON.stringify(report, shown))
console.log(JSON.stringify({ peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
process.exitCode = report.exitCode

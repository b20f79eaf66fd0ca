// A process of its own, which has little memory: one run over one wide source, then what else is asked for.
// `node memory-run.ts <url> <source> [verify | <url to move to>]`
import { openDestination } from '@tidemark/destination'
import { move, sync, verify } from '@tidemark/engine'
import { WIDE_SOURCES } from './memory-sources.ts'

const [url = '', name = '', more] = process.argv.slice(2)
const runner = { id: `memory-${process.pid}`, host: 'test', pid: process.pid, startedAt: 1n }
const destination = await openDestination({ url, runner })
const options = {
  sources: [{ name: 'wide', source: WIDE_SOURCES[name]!, config: {}, options: {} }],
  destination,
}
const { tables, failure } = await sync(options)
const matches = more === 'verify' ? (await verify(options, { table: 'wide_rows' })).exitCode === 0 : undefined
const moved = more === undefined || more === 'verify' ? undefined : await moveTo(more)
await destination.close()
const [table] = tables
const failures = [failure, ...(table?.failures ?? []).map((one) => one.failure)]
console.log(
  JSON.stringify({
    written: table?.rows.written,
    rejected: table?.rows.rejected,
    matches,
    moved,
    failure: failures.find((one) => one !== undefined)?.message.length,
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
)

async function moveTo(url: string): Promise<number> {
  const to = await openDestination({ url, runner, moving: true })
  const { rows } = await move({ from: destination, to })
  await to.close()
  return rows
}

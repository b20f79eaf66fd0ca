// A process of its own, which has little memory: one run over one wide source. `node memory-run.ts <url> <source>`
import { openDestination } from '@tidemark/destination'
import { sync } from '@tidemark/engine'
import { WIDE_SOURCES } from './memory-sources.ts'

const [url = '', name = ''] = process.argv.slice(2)
const runner = { id: `memory-${process.pid}`, host: 'test', pid: process.pid, startedAt: 1n }
const destination = await openDestination({ url, runner })
const { tables, failure } = await sync({
  uses: [{ name: 'wide', source: WIDE_SOURCES[name]!, config: {}, options: {} }],
  destination,
  settings: { retry: { attempts: 1, firstMs: 1, maxMs: 1 } as never },
})
await destination.close()
const [table] = tables
const failures = [failure, ...(table?.failures ?? []).map((one) => one.failure)]
console.log(
  JSON.stringify({
    written: table?.rows.written,
    rejected: table?.rows.rejected,
    failure: failures.find((one) => one !== undefined)?.message.length,
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
)

// A process of its own: `node rate-child.ts <url> <requests> <until>`. It sends as fast as the shared rate lets it, and says
// on stdout when each request began, in milliseconds since 1970.
import { openQueueDatabase, placeOf, SharedRate, WorkQueue } from '../src/index.ts'

const [, , url = '', requests = '5', waiting = '3'] = process.argv
const database = await openQueueDatabase(placeOf(url))
const runner = { id: `rate ${process.pid}`, host: 'test-host', pid: process.pid, startedAt: 1n }
const queue = await WorkQueue.open({ database, runner })
const limit = { requests: Number(requests), perMs: 1000 }
const rate = new SharedRate({ limit, reserve: (most) => queue.reserve('shop', limit, most) })
const stop = new AbortController()
process.stdout.write('ready\n')
await new Promise((begin) => process.stdin.once('data', begin))
process.stdin.once('data', () => stop.abort()).unref()
await Promise.all(
  Array.from({ length: Number(waiting) }, async () => {
    for (;;) {
      await rate.acquire(stop.signal)
      process.stdout.write(`${performance.timeOrigin + performance.now()}\n`)
    }
  }),
).catch(() => {})
await queue.close()

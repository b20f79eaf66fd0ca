// A worker as a process of its own: `node crash-child.ts <url> <windows> <leaseMs>`. It reads two tables, one with a key and one
// without, whose windows hold the same rows whenever they are read. `READ_MS` is how long a page takes; `FENCE=off` is the
// negative control.
import { defineSource } from '@tidemark/core'
import { isAlive, openDestination, openQueueDatabase, placeOf, thisRunner, WorkQueue } from '@tidemark/destination'
import { z } from 'zod'
import { RunWindows } from '../../src/work/run-windows.ts'
import { WorkLoop } from '../../src/work/work-loop.ts'
import { withoutFence } from './without-fence.ts'

const [, , url = '', windows = '10', leaseMs = '60000'] = process.argv
const SIZE = 10
const readMs = Number(process.env['READ_MS'] ?? 3)
if (process.env['FENCE'] === 'off') withoutFence()
const end = Number(windows) * SIZE

const even = defineSource({ name: 'even' })
const table = (name: string, primaryKey: readonly ['id'] | undefined) =>
  even.table({
    name,
    row: z.object({ id: z.int(), at: z.int(), text: z.string() }),
    ...(primaryKey === undefined ? {} : { primaryKey: [...primaryKey] as ['id'] }),
    cursor: 'at',
    window: SIZE,
    start: 0,
    lookback: 3,
    end: () => end,
    async *read({ from, to }) {
      for (let at = Number(from ?? 0); at < Math.min(Number(to), end); at += 5) {
        await new Promise((later) => setTimeout(later, readMs))
        yield Array.from({ length: Math.min(5, end - at, Number(to) - at) }, (_, n) => ({
          ...{ id: at + n, at: at + n },
          text: `row ${at + n}`,
        }))
      }
    },
  })
const source = even.with([table('keyed', ['id']), table('keyless', undefined)])

const runner = thisRunner()
const looks = { isAlive: (other: typeof runner) => (process.env['LOOKS'] === undefined ? undefined : isAlive(other)) }
const destination = await openDestination({ url, runner, leaseMs: Number(leaseMs), ...looks })
const database = await openQueueDatabase(placeOf(url))
const log = { debug() {}, info() {}, warn: (text: string) => console.error(text) }
const queue = await WorkQueue.open({ database, runner, ...looks, onTrouble: log.warn })
const sources = [{ name: 'even', source: source as never, config: {}, options: {} }]
const engine = new RunWindows({ destination, run: { sources, destination, log, settings: { deletionLimit: 'none' } } })
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new DOMException('asked to stop', 'AbortError')))
try {
  await new WorkLoop({
    ...{ queue, engine, sources: ['even'], concurrency: 2, perSource: 16, everyMs: 2000, log, idleMs: 200 },
    renew: () => destination.renew(),
    leaseMs: Number(leaseMs),
    signal: stop.signal,
  }).run()
} finally {
  await engine.close()
  await queue.close()
  await database.close()
  await destination.close()
}
process.exit()

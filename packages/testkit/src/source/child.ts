// A process of its own: `node --import <entry> child.js <name>`. The entry registers the source; the job comes on stdin,
// what happens goes to file descriptor 3.
import { readFileSync, writeSync } from 'node:fs'
import { deserialize } from 'node:v8'
import type { Source } from '@tidemark/core'
import { messageOf, registered, windowAt } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { systemClock } from '@tidemark/engine'
import type { ChildLine, Job } from './job.ts'
import { Opened } from './opened.ts'
import { demandSuccess, intercepted, inWindows, runInto, withTables } from './quiet-run.ts'

const say = (line: ChildLine): void => void writeSync(3, `${JSON.stringify(line)}\n`)
const name = process.argv[2] ?? ''

/** Stands still, the whole process, until it is killed. */
function standStill(): void {
  say({ type: 'stopped' })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

async function synced(source: Source, job: Extract<Job, { kind: 'sync' }>): Promise<void> {
  const runner = { id: `child-${process.pid}`, host: 'test', pid: process.pid, startedAt: BigInt(Date.now()) * 1000n }
  const destination = await openDestination({ url: job.database, runner, isAlive: () => false })
  const { stop } = job
  let pages = 0
  let parts = 0
  const reading = withTables(source, (table) =>
    intercepted(inWindows(table, job.windows), {
      afterPage: () => {
        if (stop?.after === 'page' && stop.table === table.name && ++pages === stop.nth) standStill()
      },
    }),
  )
  try {
    const report = await runInto({
      source: reading,
      config: job.config,
      destination,
      starts: job.starts,
      partRows: job.partRows,
      clock: { ...systemClock, now: () => systemClock.now() + job.ahead },
      onEvent: ({ type }) => {
        if (type === 'batch-committed' && stop?.after === 'batch' && ++parts === stop.nth) standStill()
      },
    })
    demandSuccess(report)
  } finally {
    await destination.close()
  }
}

/** Takes the first page of each table, aborts, and lets everything go. */
async function aborted(source: Source, config: unknown): Promise<void> {
  const controller = new AbortController()
  const opened = await Opened.open(source, config, { signal: controller.signal })
  const iterators: AsyncIterator<unknown>[] = []
  try {
    for (const table of opened.tables) {
      const [partition] = await opened.partitions(table)
      if (partition === undefined) continue
      const range = await opened.whole(table, partition)
      const bounds = table.cursor === undefined || range === undefined ? {} : windowAt(range, table.cursor)
      const iterator = table.read(opened.question({ partition: partition.value, ...bounds }))[Symbol.asyncIterator]()
      await iterator.next()
      iterators.push(iterator)
    }
  } finally {
    controller.abort(new Error('aborted by the test'))
    for (const iterator of iterators) void Promise.try(() => iterator.return?.()).catch(() => {})
    await opened[Symbol.asyncDispose]()
  }
}

async function work(): Promise<void> {
  const job = deserialize(Buffer.from(readFileSync(0, 'utf8'), 'base64')) as Job
  const source = registered().get(name)
  if (source === undefined) {
    const others = [...registered().keys()].map((one) => `"${one}"`).join(', ') || 'none'
    throw new Error(`the entry registered no source "${name}" (${others}); it must end in: export default register(…)`)
  }
  if (job.kind === 'sync') await synced(source, job)
  else await aborted(source, job.config)
}

await work().then(
  () => say({ type: 'done' }),
  (error: unknown) => say({ type: 'done', problem: messageOf(error) }),
)
// Unless something is left open the process is over before this, and the timer does not hold it up.
setTimeout(() => say({ type: 'open', resources: [...new Set(process.getActiveResourcesInfo())] }), 1500).unref()

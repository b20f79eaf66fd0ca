// A process of its own: `node --import <entry> child.js <name>`. The entry registers the source; the job comes on stdin,
// what happens goes to file descriptor 3.
import { readFileSync, writeSync } from 'node:fs'
import { deserialize } from 'node:v8'
import type { Source } from '@tidemark/core'
import { messageOf, registered, windowAt } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { systemClock } from '@tidemark/engine'
import { type ChildLine, type Job, type JobRun, type Stop, whenOf } from './job.ts'
import { onlyTable } from './later-run.ts'
import { Opened } from './opened.ts'
import { demandSuccess, intercepted, inWindows, runInto, startsWith, withTables } from './quiet-run.ts'

const say = (line: ChildLine): void => void writeSync(3, `${JSON.stringify(line)}\n`)
const name = process.argv[2] ?? ''

/** Stands still, the whole process, until it is killed. */
function standStill(): void {
  say({ type: 'stopped' })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

type SyncJob = Extract<Job, { kind: 'sync' }>

async function synced(source: Source, job: SyncJob): Promise<void> {
  for (const run of job.runs) {
    if (run.stop === undefined) await ran(source, job, run, () => {})
    else await untilStopped(source, job, run, run.stop)
  }
  if (job.runs.some(({ stop }) => stop !== undefined)) standStill()
}

/** A run up to where it stands still: it is left there. @throws where it ends before. */
async function untilStopped(source: Source, job: SyncJob, run: JobRun, stop: Stop): Promise<void> {
  const { promise: isStopped, resolve: stopped } = Promise.withResolvers<void>()
  const ended = ran(source, job, run, stopped)
  ended.catch(() => {})
  await Promise.race([
    isStopped,
    ended.then(
      () => Promise.reject(notReached(stop, 'it ended before that')),
      (error: unknown) => Promise.reject(notReached(stop, messageOf(error))),
    ),
  ])
}

const notReached = (stop: Stop, problem: string): Error =>
  new Error(`the run did not get as far as ${whenOf(stop)}: ${problem}`)

async function ran(source: Source, job: SyncJob, run: JobRun, onStop: () => void): Promise<void> {
  const runner = { id: `child-${process.pid}`, host: 'test', pid: process.pid, startedAt: BigInt(Date.now()) * 1000n }
  const destination = await openDestination({ url: run.database, runner, isAlive: () => false })
  const { stop } = run
  let [pages, batches, isStopped] = [0, 0, false]
  const reading = withTables(run.only === undefined ? source : onlyTable(source, run.only), (table) =>
    intercepted(inWindows(table, job.windows), {
      async afterPage() {
        if (stop?.after === 'page' && stop.table === table.name && ++pages === stop.nth) isStopped = true
        if (!isStopped) return
        onStop()
        await new Promise(() => {})
      },
    }),
  )
  try {
    const report = await runInto({
      source: reading,
      config: job.config,
      destination,
      starts: startsWith(job.starts, run.only),
      partRows: run.partRows,
      clock: { ...systemClock, now: () => systemClock.now() + job.ahead },
      onEvent({ type }) {
        if (type === 'batch-committed' && stop?.after === 'batch' && ++batches === stop.nth) standStill()
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

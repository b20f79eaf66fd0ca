// A worker as a process of its own: `node work-child.ts <url> <options>`. It reads windows of days as a source would have
// them, and says on stdout what it does.
import { setTimeout as wait } from 'node:timers/promises'
import {
  isAlive,
  openDestination,
  openQueueDatabase,
  placeOf,
  thisRunner,
  type WindowJob,
  WorkQueue,
} from '@tidemark/destination'
import type { WorkEngine } from '../../src/work/work-engine.ts'
import { WorkLoop } from '../../src/work/work-loop.ts'

export interface ChildOptions {
  readonly days: number
  readonly concurrency?: number
  readonly leaseMs?: number
  readonly everyMs?: number
  /** Reading this day never ends. */
  readonly hangsAt?: number
  /** Listing the windows never gets beyond so many. */
  readonly plansOnly?: number
  /** Whether the end of a process of this machine is seen at once; else its heartbeat alone tells. */
  readonly looksAtProcesses?: boolean
  readonly readMs?: number
}

const [, , url = '', json = '{}'] = process.argv
const options = JSON.parse(json) as ChildOptions
const { days, concurrency = 2, leaseMs = 60_000, everyMs = 60_000, readMs = 0 } = options
const say = (text: string) => process.stdout.write(`${text}\n`)

const runner = thisRunner()
const destination = await openDestination({ url, runner, leaseMs })
const database = await openQueueDatabase(placeOf(url))
const looking = options.looksAtProcesses === true ? { isAlive } : {}
const queue = await WorkQueue.open({ database, runner, ...looking, onTrouble: say })
const written = `"${database.stateSchema}".written`

const engine: WorkEngine = {
  async *plan() {
    say('planning')
    const { rows } = await database.execute(`select day from ${written}`)
    const covered = new Set((rows as readonly { readonly day: number }[]).map(({ day }) => day))
    for (let day = days - 1, listed = 0; day >= 0; day--) {
      if (listed++ === options.plansOnly) {
        say('stuck')
        await new Promise(() => {})
      }
      if (!covered.has(day)) yield dayOf(day)
    }
  },
  async run({ from }, { signal, completeWithin }) {
    const day = Number(from! / 86_400_000_000n)
    say(`reading ${day}`)
    if (day === options.hangsAt)
      await Promise.race([new Promise((goOn) => process.once('SIGUSR2', goOn)), aborted(signal)])
    signal.throwIfAborted()
    if (readMs > 0) await wait(readMs, undefined, { signal })
    // The coverage and its fence: a day is written once.
    await database
      .transaction(async (execute) => {
        const { rows } = await execute(
          `insert into ${written} (day, worker) values ($1, $2) on conflict do nothing returning day`,
          [day, process.pid],
        )
        say(rows.length > 0 ? `wrote ${day}` : `fenced ${day}`)
        if (rows.length > 0) await completeWithin(execute)
      })
      .catch((error: unknown) => {
        throw database.explain(error)
      })
    return 'done'
  },
}

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')))
const log = { debug: say, info: say, warn: say }
const loop = new WorkLoop({
  ...{ queue, engine, sources: ['shop'], concurrency, perSource: 4, everyMs, leaseMs, log },
  renew: () => destination.renew(),
  signal: stop.signal,
  idleMs: 200,
})
await loop.run()
await queue.close()
await destination.close()
say('left')

function dayOf(day: number): WindowJob {
  const from = BigInt(day) * 86_400_000_000n
  return { source: 'shop', table: 'days', partition: '', from, to: from + 86_400_000_000n, lane: 'backfill' }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

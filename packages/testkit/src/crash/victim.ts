// A process of the harness: one run over the crash source, into any destination. `node victim.ts '<options as JSON>'`
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { SyncError } from '@tidemark/core'
import { messageOf, type Runner } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type RunOptions, resync, sync } from '@tidemark/engine'
import { crashChunks } from './crash-chunks.ts'
import { crashFeed } from './crash-feed.ts'
import { crashSource } from './crash-source.ts'
import { useFailpointsOf } from './failpoint-actions.ts'
import type { VictimLine, VictimOptions } from './victim-options.ts'
import { withoutTransactions } from './without-transactions.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as VictimOptions
if (options.withoutTransactions === true) withoutTransactions()

// Written at once, so that every line is known even of a process that dies with the next statement.
const say = (line: VictimLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)

useFailpointsOf(process.env, () => say({ type: 'stopping' }))

async function waitBefore(moment: 'open' | 'run'): Promise<void> {
  if (options.waitsBefore !== moment) return
  say({ type: 'waiting' })
  await once(process.stdin, 'data')
  process.stdin.unref()
}

const runner: Runner = {
  id: `victim-${randomUUID()}`,
  host: options.host ?? hostname(),
  pid: process.pid,
  startedAt: BigInt(Math.round(performance.timeOrigin * 1000)),
}

/** Whether a process of this host still runs. */
function isAlive({ host, pid }: Runner): boolean | undefined {
  if (host !== hostname()) return undefined
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function work(): Promise<Report> {
  await waitBefore('open')
  const { url, until, pageMs, leaseMs, busyMs } = options
  const destination = await openDestination({ url, runner, isAlive, leaseMs, busyMs })
  await waitBefore('run')
  say({ type: 'running' })
  let run = 0
  const onAcknowledged = (at: number): void => say({ type: 'acknowledged', at })
  const onChunk = (phase: 'reading' | 'waiting'): void => say({ type: 'chunk', phase })
  const { chunked, fed } = options
  const source =
    chunked !== undefined
      ? crashChunks({ ...chunked, until, pageMs, onChunk, onAcknowledged })
      : fed === true
        ? crashFeed({ until, pageMs, onAcknowledged })
        : crashSource({ until, pageMs })
  const runOptions: RunOptions = {
    sources: [{ name: 'crash', source, config: {}, options: {} }],
    destination,
    // Small batches, so that a window is many transactions; bad rows are few, but so are the rows of a small window.
    settings: {
      concurrency: options.concurrency,
      batch: { rows: chunked === undefined ? 250 : 20, bytes: 1e7 },
      rejectLimit: { share: 0.5, above: 100 },
      // A truncation that a lost log hides may well empty the table.
      deletionLimit: chunked === undefined ? { share: 0.9, above: 100 } : 'none',
    },
    onEvent: (event) => {
      if (event.type === 'run-started') run = event.run
      if (event.type === 'batch-committed') say({ type: 'batch', run, step: event.step, table: event.table })
    },
  }
  try {
    return options.resync === undefined
      ? await sync(runOptions)
      : await resync(runOptions, { table: options.resync, full: options.full })
  } finally {
    await destination.close()
  }
}

try {
  const { exitCode, run, tables, failure } = await work()
  say({
    type: 'report',
    exitCode,
    run,
    failure: failure?.message,
    tables: tables.map(({ name, rows, stepsDone, failures, heldBy }) => ({
      name,
      written: rows.written,
      stepsDone,
      failures: failures.map(({ failure: { message, code } }) => ({ message, code })),
      heldBy:
        heldBy === undefined
          ? undefined
          : { host: heldBy.host, pid: heldBy.pid, since: Number(heldBy.since), until: Number(heldBy.until) },
    })),
  })
  process.exit(exitCode)
} catch (error) {
  say({ type: 'error', message: messageOf(error), code: SyncError.is(error) ? error.code : undefined })
  process.exit(1)
}

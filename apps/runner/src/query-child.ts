// A process that runs one query on a SQLite file: SQLite blocks its thread until it has a result, so only killing the whole
// process cancels a query.
import { Worker } from 'node:worker_threads'
import { SyncError } from '@tidemark/core'
import { sizeOf } from '@tidemark/core/engine'
import { queryRows } from '@tidemark/destination'
import type { ChildAnswer, ChildQuestion } from './query-apart.ts'

/** The child sends this many rows at once, or about this many bytes of them. */
const ROWS = 500
const BYTES = 4 << 20

// If the parent has ended, nobody needs the result. This thread cannot notice that while SQLite works, so a worker does. The
// parent may end before the worker starts, so the parent passes its own process id.
const WATCHDOG = `
const { workerData } = require('node:worker_threads')
const look = () => { if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL') }
setInterval(look, 500)
look()`

process.once('message', (question: ChildQuestion) => void answer(question))

async function answer({ place, statement, asker }: ChildQuestion): Promise<void> {
  new Worker(WATCHDOG, { eval: true, workerData: asker }).unref()
  try {
    let rows: (readonly unknown[])[] = []
    let bytes = 0
    for (const one of queryRows(place, statement)) {
      if ('columns' in one) await tell(one)
      else {
        rows.push(one.row)
        for (const value of one.row) bytes += sizeOf(value)
      }
      if (rows.length < ROWS && bytes < BYTES) continue
      await tell({ rows })
      rows = []
      bytes = 0
    }
    await tell({ rows })
    await tell({ isDone: true })
  } catch (error) {
    await tell(
      SyncError.is(error)
        ? { error: { message: error.message, remedy: error.remedy, code: error.code } }
        : { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    )
  }
  process.exit()
}

function tell(message: ChildAnswer): Promise<void> {
  return new Promise((resolve, reject) =>
    process.send!(message, (error: Error | null) => (error ? reject(error) : resolve())),
  )
}

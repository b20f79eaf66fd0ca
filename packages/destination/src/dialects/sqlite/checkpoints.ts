import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** A log of so many bytes is worth a thread. */
const FROM = 16 << 20
/** The thread looks at most so often, and copies if so many pages wait: one that changes again and again is copied each time, and each time the disk is waited for. */
const PAUSE_MS = 200
const PAGES = 1000

// A writer that never pauses is caught up with in a few rounds, of which each has less to copy; then it starts the log again.
const THREAD = `
const { DatabaseSync } = require('node:sqlite')
const { parentPort, workerData } = require('node:worker_threads')
const db = new DatabaseSync(workerData)
const checkpoint = (mode) => db.prepare('pragma wal_checkpoint(' + mode + ')').get()
parentPort.on('message', (what) => {
  if (what === 'close') {
    db.close()
    parentPort.close()
    return
  }
  // NOOP only looks. SQLite before 3.51 does not know it, and copies.
  const { log, checkpointed } = checkpoint('noop')
  if (log - checkpointed >= ${PAGES}) {
    for (let round = 0, before = -1; round < 4; round++) {
      const { log } = checkpoint('passive')
      if (log === before) break
      before = log
    }
  }
  parentPort.postMessage('copied')
})`

/**
 * Copies what is committed from the log into the file while the writer goes on: a commit that does so itself holds up all that
 * the process does, for as long as the disk takes. Where there is no thread, as with a short log, commits do it.
 */
export class Checkpoints {
  readonly #path: string
  #thread: Worker | undefined
  #ended: Promise<unknown> | undefined
  /** At work, or never to be asked again. */
  #isBusy = false
  #dueAt = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Called after each commit. */
  wrote(): void {
    const now = performance.now()
    if (this.#isBusy || now < this.#dueAt) return
    this.#dueAt = now + PAUSE_MS
    try {
      this.#thread ??= this.#start()
    } catch {
      this.#isBusy = true
    }
    if (this.#isBusy || this.#thread === undefined) return
    this.#isBusy = true
    this.#thread.postMessage('copy')
  }

  /** Called before the last connection is closed, which copies the rest and deletes the log. */
  async close(): Promise<void> {
    this.#isBusy = true
    // The process lives until then.
    this.#thread?.ref()
    this.#thread?.postMessage('close')
    await this.#ended
  }

  #start(): Worker | undefined {
    const log = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })
    if (log === undefined || log.size < FROM) return undefined
    const thread = new Worker(THREAD, { eval: true, workerData: this.#path, execArgv: [] })
    thread.unref()
    this.#ended = new Promise((resolve) => thread.once('exit', resolve))
    // One that fails says nothing any more, and is not asked again.
    thread.on('error', () => {})
    thread.on('message', () => {
      this.#isBusy = false
    })
    return thread
  }
}

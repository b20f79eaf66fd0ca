import { setTimeout as sleep } from 'node:timers/promises'
import { type RawRow, text } from './session.ts'

// InnoDB shows a copy of its list for a tenth of a second after it was last looked at.
const STALE_MS = 150

/** Transactions that are open and could write: since when, and whether they already did. */
export interface OpenTransaction {
  readonly id: string
  readonly ageSeconds: number
  readonly writes: boolean
}

/** Ages are counted in the zone of the system, because that is what the list is written in. */
export const OPEN = `
  SELECT trx_mysql_thread_id, trx_started, TIMESTAMPDIFF(SECOND, trx_started, NOW()),
    trx_rows_modified > 0 OR trx_tables_locked > 0
  FROM information_schema.INNODB_TRX WHERE trx_is_read_only = 0 AND trx_mysql_thread_id <> CONNECTION_ID()`

/** Looks at the open transactions, never at a list that is older than the question. */
export class TransactionList {
  readonly #look: () => Promise<readonly RawRow[]>
  #looked = Number.NEGATIVE_INFINITY
  #queue: Promise<readonly OpenTransaction[]> | undefined

  constructor(look: () => Promise<readonly RawRow[]>) {
    this.#look = look
  }

  /** The transactions that are open after this was called; several that ask while one waits share its answer. */
  now(): Promise<readonly OpenTransaction[]> {
    this.#queue ??= this.#next()
    return this.#queue
  }

  async #next(): Promise<readonly OpenTransaction[]> {
    // Somebody else may have looked just now, so the first look only makes the list new for the second.
    try {
      if (performance.now() - this.#looked > STALE_MS) {
        await this.#look()
        this.#looked = performance.now()
      }
      await sleep(this.#looked + STALE_MS - performance.now())
    } finally {
      // Whoever asks from here on wants a newer list than this one, and after a failure another answer.
      this.#queue = undefined
    }
    try {
      return (await this.#look()).map(([thread, started, age, writes]) => ({
        id: `${text(thread)} ${text(started)}`,
        ageSeconds: Number(text(age)),
        writes: text(writes) === '1',
      }))
    } finally {
      this.#looked = performance.now()
    }
  }
}

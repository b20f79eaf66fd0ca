import type { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Session } from '../dialect.ts'

/** One of the small transactions that are committed together: its outcome counts once they are committed. */
export class SmallWork<T = unknown> {
  readonly #work: (session: Session) => Promise<T>
  #outcome: { readonly value: T } | { readonly error: unknown } | undefined

  constructor(work: (session: Session) => Promise<T>) {
    this.#work = work
  }

  async run(session: Session): Promise<void> {
    this.#outcome = { value: await this.#work(session) }
  }

  fail(error: unknown): void {
    this.#outcome = { error }
  }

  result(): T {
    if (this.#outcome === undefined) throw new Error('its transaction ended before it began')
    if ('error' in this.#outcome) throw this.#outcome.error
    return this.#outcome.value
  }
}

/** The most that are committed together: another program that writes waits for them. */
export const TOGETHER = 100
/** So many, and then signals and timers have their turn. */
const AT_ONCE = 10

/** Runs small work inside one transaction; what fails is undone alone. @throws what has ended the transaction itself. */
export async function runTogether(raw: DatabaseSync, session: Session, all: readonly SmallWork[]): Promise<void> {
  const [only, ...others] = all
  if (only !== undefined && others.length === 0) return await only.run(session)
  for (const [at, one] of all.entries()) {
    if (at > 0 && at % AT_ONCE === 0) await setImmediate()
    raw.exec('savepoint small')
    try {
      await one.run(session)
      raw.exec('release small')
    } catch (error) {
      if (!raw.isTransaction) throw error
      raw.exec('rollback to small; release small')
      one.fail(error)
    }
  }
}

import { setImmediate as turn } from 'node:timers/promises'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** A monotonic clock that stands still while anything is at work, and jumps to the next wake-up when all sleep. */
export class VirtualTime {
  now = 0
  /** Sleeps begun with a signal: the wake-ups of the schedule, not the work of the tests' tasks. */
  timers = 0
  #sleepers: readonly Sleeper[] = []

  readonly monotonic = (): number => this.now

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal !== undefined) this.timers++
      const sleeper = { at: this.now + ms, wake: resolve }
      this.#sleepers = [...this.#sleepers, sleeper]
      signal?.addEventListener('abort', () => {
        this.#drop(sleeper)
        reject(signal.reason)
      })
    })

  /**
   * Ends with the work; throws where it waits for something that never comes.
   *
   * @param turns how often the event loop turns before all count as asleep: more for work that also waits for a database.
   */
  async run<T>(work: Promise<T>, turns = 1): Promise<T> {
    let ended = false
    const end = (): void => {
      ended = true
    }
    work.then(end, end)
    for (;;) {
      for (let n = 0; n < turns && !ended; n++) await turn()
      if (ended) return work
      const [next] = this.#sleepers.toSorted((a, b) => a.at - b.at)
      if (next === undefined) throw new Error(`it hangs at ${this.now} ms`)
      this.#drop(next)
      this.now = next.at
      next.wake()
    }
  }

  #drop(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
  }
}

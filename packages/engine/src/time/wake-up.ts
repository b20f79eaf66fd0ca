export interface WakeUpOptions {
  readonly monotonic: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What a loop sleeps on: one promise and at most one timer, however often and by whomever it is woken. */
export class WakeUp {
  readonly #options: WakeUpOptions
  #woken = Promise.withResolvers<void>()
  #timer: { readonly at: number; readonly stop: AbortController } | undefined

  constructor(options: WakeUpOptions) {
    this.#options = options
  }

  now(): void {
    this.#woken.resolve()
  }

  /** Waits to be woken, at the latest at a time, or a little before: look again what there is to do. */
  async wait(at: number | undefined): Promise<void> {
    this.#setTimer(at)
    await this.#woken.promise
    this.#woken = Promise.withResolvers()
  }

  stop(): void {
    this.#setTimer(undefined)
  }

  #setTimer(at: number | undefined): void {
    if (this.#timer?.at === at) return
    this.#timer?.stop.abort()
    this.#timer = undefined
    if (at === undefined) return
    const { monotonic, sleep } = this.#options
    const timer = { at, stop: new AbortController() }
    this.#timer = timer
    const rings = (): void => {
      if (this.#timer !== timer) return
      this.#timer = undefined
      this.now()
    }
    sleep(Math.max(1, Math.ceil(at - monotonic())), timer.stop.signal).then(rings, () => {})
  }
}

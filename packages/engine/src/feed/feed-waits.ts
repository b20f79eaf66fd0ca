/** Waits for what commits of a feed bring about. */
export class FeedWaits {
  readonly #signal: AbortSignal
  #waiting: { readonly isReady: () => boolean; readonly go: () => void }[] = []

  /** @param signal aborts when nothing is waited for any more. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** The feed has committed: whatever is ready goes on. */
  look(): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ isReady }) => !isReady())
    for (const one of waiting) if (!this.#waiting.includes(one)) one.go()
  }

  async until(isReady: () => boolean): Promise<void> {
    this.#signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stopped = (): void => reject(this.#signal.reason)
    this.#signal.addEventListener('abort', stopped, { once: true })
    this.#waiting.push({ isReady, go: resolve })
    this.look()
    await promise.finally(() => this.#signal.removeEventListener('abort', stopped))
  }
}

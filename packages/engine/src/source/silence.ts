import { SyncError } from '@tidemark/core'
import { isNoAnswer } from './stall.ts'

/** Counts questions of a source that stayed without an answer, so that a thousand of them are not waited for one after the other. */
export class Silence {
  readonly #most: number
  #inARow = 0

  /** @param most after this many in a row, the source is called no more. */
  constructor(most: number) {
    this.#most = most
  }

  /** Asks. @throws SyncError code `timeout` without asking, where too many in a row had no answer. */
  async heed<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#inARow >= this.#most)
      throw new SyncError(`not asked, because the source did not answer ${this.#inARow} questions in a row`, 'retry', {
        code: 'timeout',
      })
    try {
      const answer = await ask()
      this.#inARow = 0
      return answer
    } catch (error) {
      this.#inARow = isNoAnswer(error) ? this.#inARow + 1 : 0
      throw error
    }
  }
}

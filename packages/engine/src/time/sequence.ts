/** Does one piece of work after another, in the order in which they came. */
export class Sequence {
  #last: Promise<unknown> = Promise.resolve()

  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn
    return await turn
  }
}

import { type Attempt, type Tentative, Withdrawn } from '../dialect.ts'

/** Ends a transaction that is to be done once more, with what it has decided by then. */
export class Again extends Error {}

/**
 * Undoes sections of a transaction in a database that has no savepoints: the whole transaction is rolled back and done once
 * more, and the section to undo is answered from memory. A transaction with k such sections is done k + 1 times.
 */
export class Decisions {
  /** What was undone, by its place in the work: the first section within the second one is `1.0`. */
  readonly #answers = new Map<string, unknown>()
  #parents: number[] = []
  #counts: number[] = [0]

  /** Before the work is done, each time. */
  begin(): void {
    this.#parents = []
    this.#counts = [0]
  }

  /** Does work that may be undone. @throws Again where it is. */
  async decide<T>(work: () => Promise<Tentative<T>>): Promise<T> {
    const number = this.#counts.pop()!
    this.#counts.push(number + 1)
    const name = [...this.#parents, number].join('.')
    if (this.#answers.has(name)) return this.#answers.get(name) as T
    this.#parents.push(number)
    this.#counts.push(0)
    const { keep, value } = await work()
    this.#parents.pop()
    this.#counts.pop()
    if (keep) return value
    this.#answers.set(name, value)
    throw new Again()
  }

  /** Does work that may be refused. @param refuses whether an error is such a refusal. */
  async attempt<T>(refuses: (error: unknown) => boolean, work: () => Promise<T>): Promise<Attempt<T>> {
    return await this.decide<Attempt<T>>(async () => {
      try {
        return { keep: true, value: { ok: true, value: await work() } }
      } catch (error) {
        if (!(error instanceof Withdrawn) && !refuses(error)) throw error
        return { keep: false, value: { ok: false, error } }
      }
    })
  }
}

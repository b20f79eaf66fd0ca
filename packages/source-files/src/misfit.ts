/** Stands for a value that a file has and no column takes: the engine refuses its row, with this message. */
export class Misfit extends Error {
  /** The message that the rejected row stores as JSON. */
  readonly problem: string

  constructor(problem: string) {
    super(problem)
    this.problem = problem
  }
}

/** The same work, which gives a misfit where it threw one. */
export const orMisfit =
  <Value, Result>(work: (value: Value) => Result): ((value: Value) => Result | Misfit) =>
  (value) => {
    try {
      return work(value)
    } catch (error) {
      if (error instanceof Misfit) return error
      throw error
    }
  }

/** Stands for a value that a file has and no column takes: the engine refuses its row, with what is said here. */
export class Misfit {
  readonly problem: string

  constructor(problem: string) {
    this.problem = problem
  }
}

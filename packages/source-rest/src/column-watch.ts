import type { Column } from '@tidemark/core'
import { Kind } from '@tidemark/core/values'
import { kindOf } from './kind.ts'

/** Sees what the rows of a table have that the columns which were found for it do not hold. */
export class ColumnWatch {
  readonly #fixed: ReadonlySet<string>
  readonly #kinds = new Map<string, number>()

  constructor(columns: readonly Column[]) {
    this.#fixed = new Set(columns.filter(({ fixed }) => fixed === true).map(({ name }) => name))
  }

  /** Takes in a value that has no column, or does not fit into it. */
  readonly see = (name: string, value: unknown): void => {
    // No column can have such a name, and one whose type is to stay rejects what does not fit.
    if (name === '' || name.includes('\0') || this.#fixed.has(name)) return
    this.#kinds.set(name, (this.#kinds.get(name) ?? Kind.none) | kindOf(value))
  }

  get kinds(): ReadonlyMap<string, number> {
    return this.#kinds
  }

  get hasSeen(): boolean {
    return this.#kinds.size > 0
  }
}

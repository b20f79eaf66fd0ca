import type { Table } from '@tidemark/core/engine'
import { isLoose } from '@tidemark/core/engine'

/** So many names are kept, each so long: where data stands in the place of names there is no end of them. */
const MOST = 100
const LONGEST = 200

/** Fields of rows that the schema of their table does not name: they are in no column. */
export class UndeclaredFields {
  readonly names = new Set<string>()
  readonly #declared: ReadonlySet<string>
  /** A loose table keeps them in a column of their own. */
  readonly #isLoose: boolean
  #keys: readonly string[] = []
  #found = false

  constructor(table: Pick<Table, 'columns' | 'row'>) {
    this.#declared = new Set(table.columns.map(({ name }) => name))
    this.#isLoose = isLoose(table.row)
  }

  /** Whether a row has any. Most rows have the fields of the one before. */
  in(row: object): boolean {
    const keys = Object.keys(row)
    if (!isEqual(keys, this.#keys)) {
      const undeclared = keys.filter((name) => !this.#declared.has(name))
      this.#keys = keys
      this.#found = undeclared.length > 0
      for (const name of undeclared) this.#add(name)
    }
    return this.#found
  }

  #add(name: string): void {
    if (!this.#isLoose && this.names.size < MOST) this.names.add(name.slice(0, LONGEST).toWellFormed())
  }
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

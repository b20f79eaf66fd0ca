import { isLoose, type Table } from '@tidemark/core/engine'

/** The most names to keep, and the longest name. */
const NAMES = 100
const LENGTH = 200

/** The fields of rows that no column holds. Rows of one shape are looked at once. */
export class UndeclaredFields {
  readonly names = new Set<string>()
  /** Undefined: a column of its own holds them. */
  readonly #declared: ReadonlySet<string> | undefined
  #last: readonly string[] = []
  #lastHas = false

  constructor({ row, columns }: Pick<Table, 'row' | 'columns'>) {
    this.#declared = isLoose(row) ? undefined : new Set(columns.map(({ name }) => name))
  }

  /** Whether a row has some. */
  in(row: Readonly<Record<string, unknown>>): boolean {
    const declared = this.#declared
    if (declared === undefined) return false
    const keys = Object.keys(row)
    if (isSame(keys, this.#last)) return this.#lastHas
    const more = keys.filter((key) => !declared.has(key))
    for (const name of more) if (this.names.size < NAMES) this.names.add(name.slice(0, LENGTH).toWellFormed())
    this.#last = keys
    this.#lastHas = more.length > 0
    return this.#lastHas
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

import type { Logger } from '@tidemark/core'
import type { TableFile } from './listing.ts'
import type { Wanted } from './parquet.ts'
import type { Row } from './rows.ts'

/** More are not listed one by one: keys may be data. */
const MAX_FIELDS_LISTED = 100

/** Fields of records that the table does not have, in a file of which only a part was looked at. */
export class UnknownFields {
  readonly #known: ReadonlySet<string>
  readonly #names = new Set<string>()

  constructor(columns: readonly Wanted[]) {
    this.#known = new Set(columns.map(({ name }) => name))
  }

  see(row: Row): void {
    for (const name of Object.keys(row))
      if (!this.#known.has(name) && this.#names.size < MAX_FIELDS_LISTED) this.#names.add(name)
  }

  warn(file: TableFile, log: Logger): void {
    warnOfUnknown([...this.#names], file, log)
  }
}

/** Says which columns a file has and the table does not. */
export function warnOfUnknown(names: readonly string[], { path }: TableFile, log: Logger): void {
  if (names.length > 0)
    log.warn(
      'a file has columns that the table does not have, because they first appear after the part that scanLimit covers; raise it, or name them under columns',
      { file: path, columns: names },
    )
}

import type { ColumnType } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { canonicalText } from '../../compare/canonical-text.ts'
import { list } from '../../rows/sql.ts'
import { parseJson } from '../../values/value-text.ts'
import type { NativeRows, NativeSums } from '../dialect.ts'
import type { EncodedRows } from '../encoded-rows.ts'
import { COPY_FIELDS } from './column-types.ts'
import { CopiedRows, fieldEnd } from './copied-rows.ts'
import { CopyRows } from './copy-rows.ts'
import type { RowBlock } from './row-blocks.ts'

/** Bytes of rows by which equal ones are known: those of a binary COPY, which has one form for each value but json. */
export class RowWeights {
  readonly #types: readonly ColumnType[]
  readonly #jsonAt: readonly number[]

  /** @param types of the values, without that of the position behind them. */
  constructor(types: readonly ColumnType[]) {
    this.#types = [...types, 'integer']
    this.#jsonAt = types.flatMap((type, at) => (type === 'json' ? [at] : []))
  }

  /** Of encoded rows, which do not differ from stored ones. */
  *ofEncoded(rows: EncodedRows): Generator<Uint8Array> {
    const copied = new CopiedRows()
    const fields = this.#types.map((type) => COPY_FIELDS[type])
    let weights: Uint8Array[] = []
    const take = (bytes: Buffer, from: number, end: number): void => {
      weights.push(this.#weightOf(bytes.subarray(from, end)))
    }
    for (const chunk of new CopyRows(fields, { fields: 0, bytes: NOTHING }).chunks(rows)) {
      copied.add(chunk, take)
      yield* weights
      weights = []
    }
  }

  /** Of rows as the server copied them out. */
  *ofBlock(block: RowBlock): Generator<Uint8Array> {
    for (const row of block.rows()) yield this.#weightOf(row)
  }

  /** A row with its json in the form in which equal values are equal texts. */
  #weightOf(row: Buffer): Buffer {
    if (this.#jsonAt.length === 0) return row
    const parts: Buffer[] = []
    let copied = 0
    let at = 2
    let field = 0
    for (const jsonAt of this.#jsonAt) {
      for (; field < jsonAt; field++) at = fieldEnd(row, at)
      const end = fieldEnd(row, at)
      // Behind the length there is the version of the format, and of an empty array or object nothing else than two signs.
      if (end > at + 7) {
        // The null of JSON is a value here, and not NULL.
        const text = canonicalText(parseJson(row.toString('utf8', at + 5, end)), 'json') ?? 'null'
        const bytes = Buffer.from(text)
        const length = Buffer.alloc(4)
        length.writeInt32BE(bytes.length)
        parts.push(row.subarray(copied, at), length, bytes)
        copied = end
      }
    }
    return parts.length === 0 ? row : Buffer.concat([...parts, row.subarray(copied)])
  }
}

/** Rows by their bytes; those of another kind of database may have their json in another form. */
export function nativeSums(
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  isForeign: boolean,
): NativeSums {
  const weights = new RowWeights(isForeign ? columns.map(({ type }) => type) : [])
  const of = (rows: NativeRows) => weights.ofBlock(rows as RowBlock)
  return {
    of,
    async *stored(session, table) {
      for await (const rows of session.copyOut!(sql`select ${list(columns.map(({ name }) => name))} from ${table}`))
        yield of(rows)
    },
  }
}

const NOTHING = Buffer.alloc(0)

import { isUtf8 } from 'node:buffer'
import { type RawBuilder, sql } from 'kysely'

export type Raw = string | number | bigint | Uint8Array | null
export type RawRow = readonly Raw[]

/** The bytes of a text; NULL for what is not a text. */
export function bytesOfText(column: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when typeof(${column}) = 'text' then cast(${column} as blob) end`
}

/** Whether a row may hold a text that the driver changed, because it is not UTF-8. A text may also hold that sign itself. */
export function isSuspect(row: RawRow): boolean {
  return row.some((value) => typeof value === 'string' && value.includes('\uFFFD'))
}

/** The row with the bytes of every text that is not UTF-8: they are refused where a text is wanted, and are not another text. */
export function withTrueTexts(row: RawRow, bytes: RawRow): RawRow {
  return row.map((value, at) => {
    const own = bytes[at]
    return typeof value === 'string' && own instanceof Uint8Array && !isUtf8(own) ? own : value
  })
}

/** The values that the next page begins behind: a text that is not UTF-8 by its bytes. */
export function placeOf(row: RawRow, bytes: RawRow | undefined): readonly unknown[] {
  return row.map((value, at) => {
    const own = bytes?.[at]
    return own instanceof Uint8Array && !isUtf8(own) ? sql`cast(${own} as text)` : value
  })
}

import { joinedText } from '../../compare/canonical-text.ts'
import type { NativeRows } from '../dialect.ts'

/** Rows with their values as SQLite gives and takes them. */
export class ValueRows implements NativeRows {
  readonly rows: readonly (readonly unknown[])[]
  readonly bytes: number

  constructor(rows: readonly (readonly unknown[])[], bytes: number) {
    this.rows = rows
    this.bytes = bytes
  }

  get count(): number {
    return this.rows.length
  }

  *weights(): Generator<string> {
    for (const row of this.rows) yield joinedText(row.map(textOf))
  }
}

/** A column of a STRICT table has values of one type beside NULL. */
function textOf(value: unknown): string | null {
  if (value === null) return null
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
    : String(value)
}

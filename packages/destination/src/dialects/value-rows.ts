import type { NativeRows } from './dialect.ts'

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
}

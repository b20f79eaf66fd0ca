import type { BinaryColumn } from '@tidemark/core'
import { fromText } from './convert.ts'
import { exactJson } from './json-value.ts'
import { isInherited, type Row, setField } from './rows.ts'

/** Makes rows again of what `FieldWriter` wrote of them. */
export class FieldReader {
  readonly #columns: readonly {
    readonly name: string
    readonly isInherited: boolean
    readonly read: (bytes: Buffer, at: number, length: number) => unknown
    /** Makes the value of the text that is noted of it. */
    readonly ofNote: ((text: string) => unknown) | undefined
  }[]

  constructor(columns: readonly BinaryColumn[], isDeclared: (name: string) => boolean) {
    this.#columns = columns.map(({ name, type }) => ({
      name,
      isInherited: isInherited(name),
      read: READS[type as keyof typeof READS] ?? READS.text,
      ofNote: isNoted(type) ? fromText(type, isDeclared(name)) : undefined,
    }))
  }

  /** The row whose fields lie between two places, with its notes behind them. */
  row(bytes: Buffer, start: number, end: number): Row {
    const row: Row = {}
    let at = start
    let note = end
    for (const { name, isInherited, read, ofNote } of this.#columns) {
      const length = bytes.readInt32BE(at)
      at += 4
      if (length === -1) {
        if (bytes[note++] === IS_NULL || isInherited) setField(row, name, null)
        continue
      }
      if (ofNote === undefined) setField(row, name, read(bytes, at, length))
      else {
        const from = note + 1
        note = from + bytes[note]!
        setField(row, name, ofNote(bytes.toString('latin1', from, note)))
      }
      at += length
    }
    return row
  }
}

/** What is noted of a field that is NULL: whether its row has it. */
export const IS_ABSENT = 0
export const IS_NULL = 1

/** Whether values of a type are written in more ways than one, so that their texts are noted. */
export function isNoted(type: BinaryColumn['type']): boolean {
  return type === 'timestamp' || type === 'local_timestamp' || type === 'date' || type === 'numeric'
}

const READS = {
  integer: (bytes: Buffer, at: number): unknown => {
    const value = bytes.readBigInt64BE(at)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  },
  double: (bytes: Buffer, at: number): unknown => bytes.readDoubleBE(at),
  boolean: (bytes: Buffer, at: number): unknown => bytes[at] === 1,
  // Its first byte is the version of the form.
  json: (bytes: Buffer, at: number, length: number): unknown =>
    exactJson.parse(bytes.toString('utf8', at + 1, at + length)),
  text: (bytes: Buffer, at: number, length: number): unknown => bytes.toString('utf8', at, at + length),
}

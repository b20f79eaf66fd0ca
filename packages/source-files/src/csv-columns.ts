import type { ColumnType } from '@tidemark/core'
import { Kind } from '@tidemark/core/values'
import { isFalse, isTrue, kindOfBytes } from './byte-kind.ts'
import { decimalAt, LOCAL, timeAt, UTC, wholeNumberAt, ZERO_OFFSET } from './byte-values.ts'
import { fromText } from './convert.ts'
import type { CsvBlock } from './csv-block.ts'
import { kindOfText } from './kind.ts'

// A column at a time: its type is asked about once, and numbers are made of bytes without a text between.

/** The values of a column in some rows of a block. */
export type ReadColumn = (block: CsvBlock, column: number, from: number, to: number) => unknown[]

/** Reads the values of a column as `fromText` makes them of its texts. */
export function columnReader(type: ColumnType, declared: boolean): ReadColumn {
  const convert = fromText(type, declared)
  switch (type) {
    case 'text':
      return readTexts
    case 'integer':
      return numbers(wholeNumberAt, convert)
    case 'double':
      return numbers((bytes, start, end) => {
        const number = decimalAt(bytes, start, end)
        return Number.isNaN(number) ? wholeNumberAt(bytes, start, end) : number
      }, convert)
    case 'boolean':
      return booleans(convert)
    default:
      return (block, column, from, to) => {
        const values: unknown[] = block.texts(column, from, to)
        for (let at = 0; at < values.length; at++) {
          const text = values[at]
          if (text !== null) values[at] = convert(text as string)
        }
        return values
      }
  }
}

const readTexts: ReadColumn = (block, column, from, to) => block.texts(column, from, to)

function numbers(
  numberAt: (bytes: Uint8Array, start: number, end: number) => number,
  convert: (text: string) => unknown,
): ReadColumn {
  return (block, column, from, to) => {
    const { bytes, starts, ends, marks, width } = block
    const values = new Array<unknown>(to - from)
    for (let row = from, at = from * width + column; row < to; row++, at += width) {
      const number = marks[at] === 0 ? numberAt(bytes, starts[at]!, ends[at]!) : Number.NaN
      values[row - from] = Number.isNaN(number) ? converted(block.textAt(at), convert) : number
    }
    return values
  }
}

function booleans(convert: (text: string) => unknown): ReadColumn {
  return (block, column, from, to) => {
    const { bytes, starts, ends, marks, width } = block
    const values = new Array<unknown>(to - from)
    for (let row = from, at = from * width + column; row < to; row++, at += width) {
      const start = starts[at]!
      const end = ends[at]!
      const isPlain = marks[at] === 0
      values[row - from] =
        isPlain && isTrue(bytes, start, end)
          ? true
          : isPlain && isFalse(bytes, start, end)
            ? false
            : converted(block.textAt(at), convert)
    }
    return values
  }
}

const converted = (text: string | null, convert: (text: string) => unknown): unknown =>
  text === null ? null : convert(text)

/**
 * Writes times of a column in the bytes themselves as `fromText` would: `T` for the space, and `Z` for `+00`. To be called
 * before anything else is read of the block.
 */
export function rewriteTimes(block: CsvBlock, column: number, type: ColumnType): void {
  if (type !== 'timestamp' && type !== 'local_timestamp') return
  const { bytes, starts, ends, marks, width, count } = block
  const isInstant = type === 'timestamp'
  for (let at = column; at < count * width; at += width) {
    if (marks[at] !== 0) continue
    const start = starts[at]!
    const end = ends[at]!
    const time = timeAt(bytes, start, end)
    if (isInstant ? time !== UTC && time !== ZERO_OFFSET : time !== LOCAL) continue
    bytes[start + 10] = 84
    if (time !== ZERO_OFFSET) continue
    bytes[end - 3] = 90
    ends[at] = end - 2
  }
}

/** Adds what the values of a column are to what others were seen to be. */
export function seenIn(block: CsvBlock, column: number, from: number, to: number, before: number): number {
  const { bytes, starts, ends, marks, width } = block
  let seen = before
  for (let row = from, at = from * width + column; row < to; row++, at += width) {
    // A column with one text is a column of texts, whatever else is in it.
    if ((seen & Kind.text) !== 0) return seen
    const kind = marks[at] === 0 ? kindOfBytes(bytes, starts[at]!, ends[at]!) : Kind.none
    if (kind !== Kind.none) seen |= kind
    else {
      const text = block.textAt(at)
      if (text !== null) seen |= kindOfText(text)
    }
  }
  return seen
}

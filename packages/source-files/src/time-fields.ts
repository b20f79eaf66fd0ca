import type { ColumnType } from '@tidemark/core'
import { daysAt, instantAt, localAt } from './byte-moments.ts'
import type { FieldWriter } from './field-writer.ts'

/** Values that a scanner has found, by their place. */
interface Scanned {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly marks: Uint8Array
}

type WriteField = (block: Scanned, place: number, to: FieldWriter) => boolean

/**
 * How dates and times are written as fields; undefined for a column of another type.
 *
 * @param declared whether the config names the type: a time without an offset is then one in UTC.
 * @param plain the mark of a text that stands in the bytes as it is.
 */
export function timeWriter(type: ColumnType, declared: boolean, plain: number): WriteField | undefined {
  switch (type) {
    case 'date':
      return counted(plain, daysAt, (to, days) => to.date(days))
    case 'timestamp':
      return counted(plain, (bytes, start, end) => instantAt(bytes, start, end, declared), writeCount)
    case 'local_timestamp':
      return counted(plain, localAt, writeCount)
    default:
      return undefined
  }
}

const writeCount = (to: FieldWriter, count: number): void => to.integer(count)

function counted(
  plain: number,
  countAt: (bytes: Uint8Array, start: number, end: number) => number,
  write: (to: FieldWriter, count: number) => void,
): WriteField {
  return ({ bytes, starts, ends, marks }, place, to) => {
    const count = marks[place] === plain ? countAt(bytes, starts[place]!, ends[place]!) : Number.NaN
    if (Number.isNaN(count)) return false
    write(to, count)
    return true
  }
}

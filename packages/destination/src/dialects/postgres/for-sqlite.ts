// A hot file: rows of Postgres as the values that SQLite stores, without a value of their own in between. Each is what
// `DECODERS` and the codec of SQLite make of it.

import type { ColumnType } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { TEXT_CODEC } from '../../values/codec.ts'
import { parseJson } from '../../values/value-text.ts'
import { type Conversion, Unheld } from '../dialect.ts'
import { ValueRows } from '../value-rows.ts'
import { dateOfCount, timeOfCount } from './moments.ts'
import type { RowBlock } from './row-blocks.ts'

/** The bytes of a block, in three ways to read them. */
interface Block {
  readonly bytes: Buffer
  readonly view: DataView
  readonly latin: string
}

/** Reads the field of so many bytes at a place. @throws Unheld. */
type ReadField = (block: Block, at: number, length: number) => unknown

const { stored } = TEXT_CODEC

/** How a column of each type is asked for, and read. */
export const FOR_SQLITE: Conversion = {
  // The values of more would outlive a round of the garbage collector.
  most: 1_000_000,
  column: (name, type) => (type === 'numeric' ? sql`${sql.id(name)}::text` : sql.id(name)),
  of(types) {
    const readers = types.map((type) => READERS[type]())
    const width = types.length
    return (rows) => {
      const { binary, ends } = rows as RowBlock
      const view = new DataView(binary.buffer, binary.byteOffset, binary.length)
      const block = { bytes: binary, view, latin: binary.toString('latin1') }
      const values: (readonly unknown[])[] = []
      let at = 0
      for (let row = 0; row < ends.length; row++) {
        const read: unknown[] = new Array(width)
        // Behind the number of its fields.
        at += 2
        for (let column = 0; column < width; column++) {
          const length = view.getInt32(at)
          at += 4
          if (length < 0) read[column] = null
          else {
            read[column] = readers[column]!(block, at, length)
            at += length
          }
        }
        values.push(read)
      }
      return [new ValueRows(values, binary.length)]
    }
  },
}

const READERS: Readonly<Record<ColumnType, () => ReadField>> = {
  text: () => textAt,
  numeric: () => (block, at, length) => held(stored.numeric(textAt(block, at, length))),
  integer: () => integerAt,
  double: () => (block, at) => held(stored.double(block.view.getFloat64(at))),
  boolean: () => (block, at) => (block.bytes[at] === 1 ? 1 : 0),
  timestamp: () => timeReader('Z'),
  local_timestamp: () => timeReader(''),
  date: () => (block, at) => calendar(() => dayText(block.view.getInt32(at))),
  json: () => jsonAt,
  bytes: () => (block, at, length) => block.bytes.subarray(at, at + length),
}

function held<T>(value: T | undefined): T {
  if (value === undefined) throw new Unheld()
  return value
}

/** Dates and times beyond the years 0 to 9999 cannot be written. */
function calendar<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof RangeError ? new Unheld() : error
  }
}

/** For longer texts the call into C++ is worth it. */
const SHORT = 64

function textAt({ bytes, latin }: Block, at: number, length: number): string {
  const end = at + length
  if (length > SHORT) return bytes.toString('utf8', at, end)
  for (let byte = at; byte < end; byte++) if (bytes[byte]! > 127) return bytes.toString('utf8', at, end)
  return latin.slice(at, end)
}

const TWO_32 = 4_294_967_296

function integerAt({ view }: Block, at: number): number | bigint {
  const number = view.getInt32(at) * TWO_32 + view.getUint32(at + 4)
  return Number.isSafeInteger(number) ? number : view.getBigInt64(at)
}

/** The first byte is the version of the form. */
function jsonAt(block: Block, at: number, length: number): string | null {
  const text = textAt(block, at + 1, length - 1)
  if (text === '[]' || text === '{}') return text
  const value = parseJson(text)
  return value === null ? null : (held(stored.json(value)) as string)
}

const MINUTE = 60_000_000
const MILLION = 1_000_000

/** Many rows have the times of others, or of the same minute. */
function timeReader(zone: 'Z' | ''): ReadField {
  let last: number | undefined
  let text = ''
  let minute: number | undefined
  let prefix = ''
  return (block, at) => {
    const count = integerAt(block, at)
    if (count === last) return text
    if (typeof count === 'bigint') return calendar(() => timeOfCount(count, zone))
    const at60 = Math.floor(count / MINUTE)
    if (at60 !== minute) {
      const whole = calendar(() => timeOfCount(at60 * MINUTE, zone))
      prefix = whole.slice(0, 17)
      minute = at60
    }
    // A hundred seconds more, so that all digits are written.
    const digits = String(100 * MILLION + (count - at60 * MINUTE))
    text = `${prefix}${digits.slice(1, 3)}.${digits.slice(3)}${zone}`
    last = count
    return text
  }
}

let days = new Map<number, string>()
const MAX_DAYS = 10_000

function dayText(count: number): string {
  let text = days.get(count)
  if (text === undefined) {
    if (days.size === MAX_DAYS) days = new Map()
    text = dateOfCount(count)
    days.set(count, text)
  }
  return text
}

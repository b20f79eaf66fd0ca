// A hot file: values that SQLite stores as rows in the form of Postgres. Each is what `DECODERS` and the codec of Postgres
// make of it.

import type { ColumnType } from '@tidemark/core/engine'
import { byType } from '../../values/by-type.ts'
import type { Bound } from '../../values/codec.ts'
import { parseJson } from '../../values/value-text.ts'
import { type Conversion, Unheld } from '../dialect.ts'
import type { ValueRows } from '../value-rows.ts'
import { COPY_FIELDS, ENCODERS } from './column-types.ts'
import { CopiedRows } from './copied-rows.ts'
import { CopyRows } from './copy-rows.ts'
import { RowBlocks } from './row-blocks.ts'

type Convert = (value: unknown) => Bound | undefined

const NOTHING = { fields: 0, bytes: Buffer.alloc(0) }

export const FROM_SQLITE: Conversion = {
  of(types) {
    const fields = types.map((type) => COPY_FIELDS[type])
    const converts = types.map((type) => CONVERTS[type]())
    const width = types.length
    return (block) => {
      const encoded = (block as ValueRows).rows.map((row) => {
        const values: unknown[] = new Array(width)
        for (let column = 0; column < width; column++) {
          const value = row[column]
          const form = value === null ? null : converts[column]!(value)
          if (form === undefined) throw new Unheld()
          values[column] = form
        }
        return values
      })
      const blocks = new RowBlocks()
      const copied = new CopiedRows()
      for (const chunk of new CopyRows(fields, NOTHING).chunks(encoded)) copied.add(chunk, blocks.add)
      return blocks.end()
    }
  },
}

/** What SQLite gives of a column of each type where its table is STRICT; of any other value the codec says whether it fits. */
const CONVERTS: Readonly<Record<ColumnType, () => Convert>> = {
  ...byType<Convert, () => Convert>(ENCODERS, (encode) => () => encode),
  boolean: () => (value) => (typeof value === 'bigint' ? value === 1n : undefined),
  integer: () => (value) => (typeof value === 'bigint' ? value : undefined),
  // Half of a surrogate pair does not come out of SQLite, and Postgres refuses NUL.
  text: () => (value) => (typeof value === 'string' ? value : undefined),
  numeric: () => (value) => (typeof value === 'string' ? ENCODERS.numeric(value) : undefined),
  timestamp: () => timeConvert('Z'),
  local_timestamp: () => timeConvert(''),
  json: () => (value) => {
    if (value === '[]' || value === '{}') return value
    const parsed = parseJson(String(value))
    return parsed === null ? null : ENCODERS.json(parsed)
  },
}

const POINT = 46
const ZERO = 48
const MILLION = 1_000_000
/** `2024-02-29T12:34:` */
const PREFIX = 17

/** Many rows have the times of others, or of the same minute. */
function timeConvert(zone: 'Z' | ''): Convert {
  const encode = zone === 'Z' ? ENCODERS.timestamp : ENCODERS.local_timestamp
  let last: unknown
  let count: Bound | undefined
  let prefix = '?'
  let minute: number | undefined
  return (value) => {
    if (value === last) return count
    if (typeof value !== 'string') return undefined
    const text = value
    const rest = restOf(text, zone)
    if (rest >= 0 && !text.startsWith(prefix)) {
      prefix = text.slice(0, PREFIX)
      const encoded = encode(`${prefix}00.000000${zone}`)
      minute = typeof encoded === 'number' ? encoded : undefined
    }
    last = value
    count = rest >= 0 && minute !== undefined ? minute + rest : encode(text)
    return count
  }
}

/** The microseconds behind the minute of a time that is written as they are stored; -1: it is written in another way. */
function restOf(text: string, zone: 'Z' | ''): number {
  if (text.length !== 26 + zone.length || !text.endsWith(zone) || text.charCodeAt(PREFIX + 2) !== POINT) return -1
  let rest = 0
  for (let at = PREFIX; at < 26; at++) {
    if (at === PREFIX + 2) continue
    const digit = text.charCodeAt(at) - ZERO
    if (!(digit >= 0 && digit <= 9)) return -1
    rest = rest * 10 + digit
  }
  return rest < 60 * MILLION ? rest : -1
}

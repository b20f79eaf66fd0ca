import { Kind } from '@tidemark/core/values'
import { DATE, LOCAL, timeAt, UTC } from './byte-values.ts'
import type { JsonBlock } from './json-reader.ts'
import {
  ABSENT,
  ESCAPED_TEXT,
  FRACTION,
  JSON_FALSE,
  JSON_NULL,
  JSON_TRUE,
  NUMBER,
  PLAIN_TEXT,
  WHOLE,
  WIDE_TEXT,
} from './json-scanner.ts'
import { typedJson } from './json-value.ts'
import { kindOfJson } from './kind.ts'

const MINUS = 45
const LETTER_T = 84
const BACKSLASH = 92

/** What the values of a field of the scanned objects are. */
export function kindsIn(block: JsonBlock, field: number): number {
  const { marks, count, names } = block
  const width = names.length
  let seen: number = Kind.none
  for (let row = 0, place = field; row < count; row++, place += width) {
    switch (marks[place]) {
      case undefined:
      case ABSENT:
      case JSON_NULL:
        break
      case WHOLE:
        seen |= Kind.integer
        break
      case FRACTION:
        seen |= Kind.double
        break
      case JSON_TRUE:
      case JSON_FALSE:
        seen |= Kind.boolean
        break
      case PLAIN_TEXT:
      case WIDE_TEXT:
      case ESCAPED_TEXT:
        seen |= kindOfText(block, place)
        break
      case NUMBER:
        seen |= kindOfJson(valueAt(block, place))
        break
      default:
        seen |= Kind.json
    }
  }
  return seen
}

function kindOfText(block: JsonBlock, place: number): number {
  const { bytes, starts, ends } = block
  const start = starts[place]!
  const end = ends[place]!
  const first = bytes[start]!
  if (start === end || ((first < 48 || first > 57) && first !== BACKSLASH)) return Kind.text
  if (block.marks[place] === PLAIN_TEXT) {
    if (end - start < 10 || bytes[start + 4] !== MINUS) return Kind.text
    const time = timeAt(bytes, start, end)
    if (time === DATE) return Kind.date
    if (bytes[start + 10] === LETTER_T) {
      if (time === UTC) return Kind.instant
      if (time === LOCAL) return Kind.local
    }
  }
  return kindOfJson(valueAt(block, place))
}

/** The value at a place, parsed. */
export function valueAt({ bytes, starts, ends, marks }: JsonBlock, place: number, { parse } = typedJson): unknown {
  const mark = marks[place]!
  const quote = mark === PLAIN_TEXT || mark === WIDE_TEXT || mark === ESCAPED_TEXT ? 1 : 0
  return parse(bytes.toString('utf8', starts[place]! - quote, ends[place]! + quote))
}

import type { ColumnType } from '@tidemark/core'
import { decimalText, formatInstant, instantParts, type JsonConverter, jsonConverter } from '@tidemark/core/values'
import { dateReader } from './date-format.ts'
import type { ColumnTypeName } from './table-config.ts'

/** The column type that a configured one becomes. */
export function columnTypeOf(type: ColumnTypeName): ColumnType {
  return type === 'unix_seconds' || type === 'unix_milliseconds' ? 'timestamp' : type
}

/** What the config says of a column's values. */
interface Declared {
  readonly type: ColumnTypeName | undefined
  readonly formats: readonly string[] | undefined
}

/**
 * How the values of a JSON body become those of a column. A type that stands in the config accepts more ways of writing.
 *
 * @param otherwise the type of the column, where the config says none.
 */
export function converterOf({ type, formats }: Declared, otherwise: ColumnType): JsonConverter {
  const wanted = type ?? otherwise
  if (formats !== undefined) return datesOf(formats, wanted)
  switch (wanted) {
    case 'unix_seconds':
      return (value) => unixOf(value, 6) ?? value
    case 'unix_milliseconds':
      return (value) => unixOf(value, 3) ?? value
    default:
      return jsonConverter(wanted, type !== undefined)
  }
}

/** Reads dates that are written in one of several forms, the first that fits. What fits none stays, to be rejected. */
function datesOf(formats: readonly string[], type: ColumnTypeName): JsonConverter {
  const readers = formats.map(dateReader)
  return (value) => {
    const text = typeof value === 'string' ? value : decimalText(value)
    if (text === undefined) return value
    for (const read of readers) {
      const found = read(text)
      if (found === undefined) continue
      if (type === 'date') return found.date
      return `${found.date}T${found.time}${type === 'timestamp' ? found.offset : ''}`
    }
    return value
  }
}

/** A number of seconds (six digits below) or milliseconds (three) since 1970, cut to the microsecond. */
function unixOf(value: unknown, digits: number): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimalText(value) ?? '')
  if (match === null) return undefined
  const [, sign, whole = '', fraction = ''] = match
  let micros = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  if (sign === '-') micros = -micros
  // The years 0 to 9999.
  if (instantParts(micros) === undefined) return undefined
  return formatInstant(micros, 'Z', micros % 1000n === 0n ? 3 : 6)
}

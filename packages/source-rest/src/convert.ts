import type { ColumnType } from '@tidemark/core'
import { decimalText, formatInstant, instantParts, type JsonConverter, jsonConverter } from '@tidemark/core/values'
import type { ColumnTypeName } from './table-config.ts'

/** The column type that a configured one becomes. */
export function columnTypeOf(type: ColumnTypeName): ColumnType {
  return type === 'unix_seconds' || type === 'unix_milliseconds' ? 'timestamp' : type
}

/**
 * How the values of a JSON body become those of a column.
 *
 * @param declared the type stands in the config, so that more ways of writing are meant by it.
 */
export function converterOf(type: ColumnTypeName, declared: boolean): JsonConverter {
  switch (type) {
    case 'unix_seconds':
      return (value) => unixOf(value, 6) ?? value
    case 'unix_milliseconds':
      return (value) => unixOf(value, 3) ?? value
    default:
      return jsonConverter(type, declared)
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

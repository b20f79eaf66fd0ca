import { isRawNumber, numberOrRaw } from '@tidemark/core/values'
import type { Convert } from './convert.ts'
import { bytesFromJson, timeInJson, timestampInJson } from './duckdb-text.ts'
import { Misfit, orMisfit } from './misfit.ts'
import { A_SECOND, type IntegerOfParquet, NANOSECONDS, type SchemaElement } from './parquet-element.ts'
import type { ColumnChunk } from './parquet-footer.ts'
import { plain } from './parquet-schema.ts'
import { decimalOf, numberOf, type Shape, wideDecimal } from './parquet-types.ts'
import type { RawField } from './thrift.ts'
import { roundedDown } from './variant-value.ts'

// What DuckDB may read as another value is read as the number or the bytes that it is stored as, and made a value here:
// also inside of lists, structs and maps, where it comes as JSON. What a file's statistics place where DuckDB reads it as
// it is, DuckDB reads: the file need not be copied for it.

/** A column, or what is in one, that is read as it is stored. */
export interface Raw {
  /** The element as DuckDB is to read it. */
  readonly fields: readonly RawField[]
  /** How a column of it comes out. */
  readonly shape: Shape
  /** What it is in JSON. @throws Misfit where it is no value of its type. */
  readonly inJson: Convert
}

/** How an element is read as it is stored; undefined where DuckDB reads it as it is. */
export function rawOf(element: SchemaElement, chunks: readonly ColumnChunk[]): Raw | undefined {
  const { decimal, timeOfDay, timestamp, integer, isInt32 } = element
  const fields = plain(element)
  if (decimal !== undefined)
    return isDecodedHere(element, chunks)
      ? { fields, shape: wideDecimal(decimal.scale), inJson: decimalInJson(decimal.scale) }
      : undefined
  if (timeOfDay !== undefined) {
    const { unit, isZoned } = timeOfDay
    // Of nanoseconds in UTC it drops the last three digits.
    if (!(isZoned && unit === NANOSECONDS) && areWithin(chunks, 0n, 86_400n * A_SECOND[unit]!)) return undefined
    const toText: Convert = (value) => timeText(integerOf(value), unit, isZoned ? '+00' : '')
    return { fields, shape: inNumbers({ type: 'text', convert: orMisfit(toText) }, isInt32), inJson: toText }
  }
  // It cuts them toward 1970, and takes the ends of 64 bits for infinity.
  if (timestamp?.isZoned === true && timestamp.unit === NANOSECONDS)
    return areWithin(chunks, 0n, 2n ** 63n - 2n) ? undefined : { fields, shape: FINE_INSTANT, inJson: instantInJson }
  if (integer === undefined || !isInt32 || integer.bits >= 32) return undefined
  const [least, most] = rangeOf(integer)
  if (areWithin(chunks, least, most)) return undefined
  const toInteger: Convert = (value) => integerIn(value, integer)
  return { fields, shape: inNumbers({ type: 'integer', convert: orMisfit(toInteger) }, true), inJson: toInteger }
}

/** How long the integers are in which DuckDB keeps decimals, by the most digits that each has. It makes doubles of longer ones. */
const WIDTHS = [
  [4, 2],
  [9, 4],
  [18, 8],
  [38, 16],
] as const

/** A decimal that DuckDB makes a double, or a zero where it has no bytes at all, or of which it drops the first bytes. */
function isDecodedHere({ decimal, isBytes, fixedLength }: SchemaElement, chunks: readonly ColumnChunk[]): boolean {
  if (isBytes) return true
  const width = WIDTHS.find(([digits]) => decimal!.precision <= digits)?.[1]
  if (width === undefined) return true
  const half = 2n ** BigInt(width * 8 - 1)
  return fixedLength !== undefined && fixedLength > width && !areWithin(chunks, -half, half - 1n, numberOf)
}

/** Whether all whole numbers of a column are in a range by the account of its file. */
function areWithin(chunks: readonly ColumnChunk[], least: bigint, most: bigint, read = littleEndian): boolean {
  return chunks.every(({ min, max, isEmpty }) => {
    if (isEmpty) return true
    const [first, last] = [min && read(min), max && read(max)]
    return first !== undefined && last !== undefined && first >= least && last <= most
  })
}

function littleEndian(bytes: Buffer): bigint | undefined {
  if (bytes.length === 4) return BigInt(bytes.readInt32LE())
  return bytes.length === 8 ? bytes.readBigInt64LE() : undefined
}

function inNumbers(shape: Pick<Shape, 'type' | 'convert'>, isInt32: boolean): Shape {
  return { ...shape, layout: isInt32 ? 'number' : 'int64' }
}

/** Nanoseconds since 1970 as an instant, rounded down to the microsecond. */
const FINE_INSTANT: Shape = {
  type: 'timestamp',
  layout: 'instant',
  result: 'TIMESTAMP WITH TIME ZONE',
  sql: (column) =>
    `CAST(make_timestamp(${column} // 1000 - CAST(${column} % 1000 < 0 AS BIGINT)) AS TIMESTAMP WITH TIME ZONE)`,
}

const instantInJson: Convert = (value) => timestampInJson(roundedDown(integerOf(value)), 6, '+00')

/** A time of day, which may be after 24:00. @throws Misfit where it is before 00:00. */
function timeText(count: bigint, unit: number, zone: string): string {
  if (count < 0n) throw new Misfit('expected a time of day, got one before 00:00')
  return `${timeInJson(count, unit * 3)}${zone}`
}

function rangeOf({ bits, isSigned }: IntegerOfParquet): readonly [least: bigint, most: bigint] {
  const half = 2n ** BigInt(bits - 1)
  return isSigned ? [-half, half - 1n] : [0n, 2n * half - 1n]
}

function integerIn(value: unknown, integer: IntegerOfParquet): unknown {
  const [least, most] = rangeOf(integer)
  const found = integerOf(value)
  if (found >= least && found <= most) return value
  throw new Misfit(`expected an integer from ${least} to ${most}, as the file declares for its column`)
}

/** A whole number as it comes from DuckDB, also in JSON, or as the name of a field. */
function integerOf(value: unknown): bigint {
  return BigInt(isRawNumber(value) ? value.rawJSON : (value as number | bigint | string))
}

const decimalInJson =
  (scale: number): Convert =>
  (value) => {
    const text = decimalOf(bytesFromJson(value as string), scale)
    if (text instanceof Misfit) throw text
    return numberOrRaw(text)
  }

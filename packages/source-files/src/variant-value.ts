import { isUtf8 } from 'node:buffer'
import { numberOrRaw } from '@tidemark/core/values'
import { bytesInJson, dateInJson, timeInJson, timestampInJson } from './duckdb-text.ts'
import { Misfit } from './misfit.ts'
import { decimalText } from './parquet-types.ts'

// A VARIANT as bytes: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md

const Kind = { primitive: 0, shortText: 1, object: 2 } as const
const DEEPEST = 500

/** The names that a VARIANT has for its fields. @throws Misfit where its bytes are damaged. */
export function variantNames(metadata: Buffer): readonly string[] {
  return whole(() => {
    const size = (metadata[0]! >> 6) + 1
    const count = metadata.readUIntLE(1, size)
    const offset = (at: number): number => metadata.readUIntLE(1 + size * (at + 1), size)
    const start = 1 + size * (count + 2)
    if (start > metadata.length) throw damaged()
    return Array.from({ length: count }, (_, at) => textAt(metadata, start + offset(at), offset(at + 1) - offset(at)))
  })
}

/** The value that bytes are, as JSON has it. @throws Misfit where they are damaged. */
export function variantValue(bytes: Buffer, names: readonly string[]): unknown {
  return whole(() => valueAt(bytes, 0, names, 0))
}

const damaged = (): Misfit => new Misfit('expected a VARIANT, got damaged bytes')

/** Bytes that end too early throw a RangeError. */
function whole<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error
  }
}

function valueAt(bytes: Buffer, at: number, names: readonly string[], depth: number): unknown {
  if (depth > DEEPEST) throw damaged()
  const head = bytes.readUInt8(at)
  const header = head >> 2
  const kind = head & 3
  if (kind === Kind.primitive) return primitiveAt(bytes, at + 1, header)
  if (kind === Kind.shortText) return textAt(bytes, at + 1, header)
  const isObject = kind === Kind.object
  const isLarge = ((header >> (isObject ? 4 : 2)) & 1) === 1
  const count = isLarge ? bytes.readUInt32LE(at + 1) : bytes.readUInt8(at + 1)
  const width = (header & 3) + 1
  const idWidth = isObject ? ((header >> 2) & 3) + 1 : 0
  const ids = at + (isLarge ? 5 : 2)
  const offsets = ids + count * idWidth
  const start = offsets + (count + 1) * width
  if (start > bytes.length) throw damaged()
  const values = Array.from({ length: count }, (_, nth) =>
    valueAt(bytes, start + bytes.readUIntLE(offsets + nth * width, width), names, depth + 1),
  )
  if (!isObject) return values
  return Object.fromEntries(
    values.map((value, nth) => [nameOf(names, bytes.readUIntLE(ids + nth * idWidth, idWidth)), value]),
  )
}

function nameOf(names: readonly string[], id: number): string {
  const name = names[id]
  if (name === undefined) throw damaged()
  return name
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const text = sliceAt(bytes, at, length)
  if (!isUtf8(text)) throw damaged()
  return text.toString('utf8')
}

function sliceAt(bytes: Buffer, at: number, length: number): Buffer {
  if (length < 0 || at + length > bytes.length) throw damaged()
  return bytes.subarray(at, at + length)
}

function sizedAt(bytes: Buffer, at: number): Buffer {
  return sliceAt(bytes, at + 4, bytes.readUInt32LE(at))
}

type Primitive = (bytes: Buffer, at: number) => unknown

const integer =
  (size: number): Primitive =>
  (bytes, at) =>
    numberOrRaw(String(size === 8 ? bytes.readBigInt64LE(at) : bytes.readIntLE(at, size)))

/** A byte that says how many digits are behind the point, and a whole number, its first byte the lowest. */
const decimal =
  (size: number): Primitive =>
  (bytes, at) =>
    numberOrRaw(decimalText(Buffer.from(sliceAt(bytes, at + 1, size)).reverse(), bytes.readUInt8(at)))

/** JSON has no infinities. */
const double = (value: number): unknown => (Number.isFinite(value) ? value : String(value))

const timestamp =
  (digits: number, zone: string): Primitive =>
  (bytes, at) =>
    timestampInJson(bytes.readBigInt64LE(at), digits, zone)

/** By their number in the specification. */
const PRIMITIVES: readonly Primitive[] = [
  () => null,
  () => true,
  () => false,
  integer(1),
  integer(2),
  integer(4),
  integer(8),
  (bytes, at) => double(bytes.readDoubleLE(at)),
  decimal(4),
  decimal(8),
  decimal(16),
  (bytes, at) => dateInJson(bytes.readInt32LE(at)),
  timestamp(6, '+00'),
  timestamp(6, ''),
  (bytes, at) => double(bytes.readFloatLE(at)),
  (bytes, at) => bytesInJson(sizedAt(bytes, at)),
  (bytes, at) => {
    const text = sizedAt(bytes, at)
    return textAt(text, 0, text.length)
  },
  timeOfDay,
  (bytes, at) => timestampInJson(roundedDown(bytes.readBigInt64LE(at)), 6, '+00'),
  timestamp(9, ''),
  (bytes, at) => {
    const hex = sliceAt(bytes, at, 16).toString('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  },
]

/** Nanoseconds as microseconds. */
export const roundedDown = (nanoseconds: bigint): bigint => nanoseconds / 1000n - (nanoseconds % 1000n < 0n ? 1n : 0n)

function timeOfDay(bytes: Buffer, at: number): string {
  const micros = bytes.readBigInt64LE(at)
  if (micros < 0n) throw new Misfit('expected a time of day, got one before 00:00')
  return timeInJson(micros, 6)
}

function primitiveAt(bytes: Buffer, at: number, type: number): unknown {
  const read = PRIMITIVES[type]
  if (read === undefined) throw new Misfit(`expected a VARIANT, got a value of the unknown type ${type}`)
  return read(bytes, at)
}

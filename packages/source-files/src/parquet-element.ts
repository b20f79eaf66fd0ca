import { type RawField, Thrift, type ThriftReader } from './thrift.ts'

// Fields by their ids in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
export const Element = {
  type: 1,
  length: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const
const NUMBERS: readonly number[] = [
  Element.type,
  Element.length,
  Element.repetition,
  Element.children,
  Element.converted,
  Element.scale,
  Element.precision,
]
const OPTIONAL = 1
const REPEATED = 2
export const Physical = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixedBytes: 7,
} as const

/** The old way to say what a value is. */
export const Converted = {
  text: 0,
  map: 1,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  timeMillis: 7,
  timeMicros: 8,
  timestampMillis: 9,
  timestampMicros: 10,
  uint8: 11,
  uint16: 12,
  uint32: 13,
  uint64: 14,
  int8: 15,
  int16: 16,
  int32: 17,
  int64: 18,
  json: 19,
} as const

/** The new one. */
export const Logical = {
  text: 1,
  map: 2,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  integer: 10,
  json: 12,
  uuid: 14,
  variant: 16,
} as const

/** How many digits a decimal has, and how many of them are behind the point. */
export interface Decimal {
  readonly precision: number
  readonly scale: number
}

/** In which units a time counts, as a field of `TimeUnit`, and whether it is in UTC. */
export interface TimeOfParquet {
  readonly unit: number
  readonly isZoned: boolean
}

/** How many units a second has, by the field of `TimeUnit` that names the unit. */
export const A_SECOND: Readonly<Record<number, bigint>> = { 1: 1000n, 2: 1_000_000n, 3: 1_000_000_000n }
export const NANOSECONDS = 3

export interface IntegerOfParquet {
  readonly bits: number
  readonly isSigned: boolean
}

/** One column, or what columns are below. */
export interface SchemaElement {
  readonly name: string
  readonly children: number
  /** Whether it has values, and is no group. */
  readonly isLeaf: boolean
  /** Whether it is a list without saying so. */
  readonly isRepeated: boolean
  readonly isOptional: boolean
  /** How a leaf is stored, as `Physical` numbers it. */
  readonly physical: number | undefined
  /** What it says to be, in both ways. */
  readonly converted: number | undefined
  readonly logical: number | undefined
  readonly decimal: Decimal | undefined
  readonly isInt32: boolean
  readonly isBytes: boolean
  /** How long each is, where they are bytes of one length. */
  readonly fixedLength: number | undefined
  readonly isUuid: boolean
  readonly isVariant: boolean
  readonly timeOfDay: TimeOfParquet | undefined
  /** An instant, or a time without a zone. */
  readonly timestamp: TimeOfParquet | undefined
  /** A time of the old kind, which is an instant though nothing says so but the specification. */
  readonly isOldInstant: boolean
  readonly integer: IntegerOfParquet | undefined
  readonly fields: readonly RawField[]
}

export function readElement(reader: ThriftReader): SchemaElement {
  const fields: RawField[] = []
  const numbers = new Map<number, number>()
  let name = ''
  let logical: LogicalType = {}
  reader.struct((id, type) => {
    const from = reader.at
    if (id === Element.name) name = reader.binary().toString()
    else if (id === Element.logical) logical = readLogical(reader)
    else if (NUMBERS.includes(id)) numbers.set(id, reader.integer())
    else reader.skip(type)
    fields.push({ id, type, value: reader.bytes.subarray(from, reader.at) })
  })
  const converted = numbers.get(Element.converted)
  const hasLogical = fields.some(({ id }) => id === Element.logical)
  const old = { precision: numbers.get(Element.precision) ?? 0, scale: numbers.get(Element.scale) ?? 0 }
  return {
    name,
    children: numbers.get(Element.children) ?? 0,
    isLeaf: numbers.has(Element.type),
    isRepeated: numbers.get(Element.repetition) === REPEATED,
    isOptional: numbers.get(Element.repetition) === OPTIONAL,
    physical: numbers.get(Element.type),
    converted,
    logical: logical.id,
    decimal: logical.decimal ?? (converted === Converted.decimal ? old : undefined),
    isInt32: numbers.get(Element.type) === Physical.int32,
    isBytes: numbers.get(Element.type) === Physical.bytes,
    fixedLength: numbers.get(Element.type) === Physical.fixedBytes ? (numbers.get(Element.length) ?? 0) : undefined,
    isUuid: logical.id === Logical.uuid,
    isVariant: logical.id === Logical.variant,
    timeOfDay: logical.id === Logical.time ? logical.time : hasLogical ? undefined : OLD_TIMES[converted ?? -1],
    timestamp: logical.id === Logical.timestamp ? logical.time : undefined,
    isOldInstant: !hasLogical && (converted === Converted.timestampMillis || converted === Converted.timestampMicros),
    // Where they contradict each other, DuckDB reads the old one.
    integer: INTEGERS[converted ?? -1] ?? logical.integer,
    fields,
  }
}

/** As DuckDB reads them: without a zone. */
const OLD_TIMES: Readonly<Record<number, TimeOfParquet>> = {
  [Converted.timeMillis]: { unit: 1, isZoned: false },
  [Converted.timeMicros]: { unit: 2, isZoned: false },
}

const INTEGERS: Readonly<Record<number, IntegerOfParquet>> = {
  [Converted.uint8]: { bits: 8, isSigned: false },
  [Converted.uint16]: { bits: 16, isSigned: false },
  [Converted.uint32]: { bits: 32, isSigned: false },
  [Converted.uint64]: { bits: 64, isSigned: false },
  [Converted.int8]: { bits: 8, isSigned: true },
  [Converted.int16]: { bits: 16, isSigned: true },
  [Converted.int32]: { bits: 32, isSigned: true },
  [Converted.int64]: { bits: 64, isSigned: true },
}

/** What a logical type says, as far as it is looked at. */
interface LogicalType {
  readonly id?: number
  readonly decimal?: Decimal
  readonly time?: TimeOfParquet | undefined
  readonly integer?: IntegerOfParquet
}

function readLogical(reader: ThriftReader): LogicalType {
  let logical: LogicalType = {}
  reader.struct((id) => {
    if (id === Logical.decimal) logical = { id, decimal: readDecimal(reader) }
    else if (id === Logical.time || id === Logical.timestamp) logical = { id, time: readTime(reader) }
    else if (id === Logical.integer) logical = { id, integer: readInteger(reader) }
    else logical = { id }
  })
  return logical
}

function readDecimal(reader: ThriftReader): Decimal {
  let [scale, precision] = [0, 0]
  reader.struct((id) => {
    if (id === 1) scale = reader.integer()
    else if (id === 2) precision = reader.integer()
  })
  return { precision, scale }
}

function readTime(reader: ThriftReader): TimeOfParquet | undefined {
  let isZoned = false
  let unit = 0
  reader.struct((id, type) => {
    if (id === 1) isZoned = type === Thrift.true
    else if (id === 2)
      reader.struct((of) => {
        unit = of
      })
  })
  return A_SECOND[unit] === undefined ? undefined : { unit, isZoned }
}

function readInteger(reader: ThriftReader): IntegerOfParquet {
  let bits = 0
  let isSigned = false
  reader.struct((id, type) => {
    if (id === 1) bits = reader.byte()
    else if (id === 2) isSigned = type === Thrift.true
  })
  return { bits, isSigned }
}

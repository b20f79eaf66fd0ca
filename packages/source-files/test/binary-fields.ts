import type { BinaryColumn, ColumnType } from '@tidemark/core'
import { type BinaryPage, isBinaryPage, parseDate, parseInstant, rowsOfBinary } from '@tidemark/core/engine'
import { exactJsonText, parseNumbers } from '@tidemark/core/values'
import type { Opened, Row } from './harness.ts'

/** A row of a binary page: as an object, and what its fields mean, where it has some. */
export interface BinaryRow {
  readonly row: Row
  readonly fields: readonly unknown[] | undefined
}

/** Reads a table as the engine does for a destination of Postgres. */
export async function readBinary(opened: Opened): Promise<{ rows: BinaryRow[]; columns: readonly BinaryColumn[] }> {
  const columns = opened.table().columns.map(({ name, type }) => ({ name, type }))
  const pages: unknown[] = []
  for (const partition of await opened.files()) {
    const signal = new AbortController().signal
    const question = { client: opened.client, partition, signal, log: { warn() {} }, binary: columns }
    for await (const page of opened.table().read(question as never)) pages.push(page)
  }
  // Only now: a page is not changed when the next ones are read.
  const rows = pages.flatMap((page): BinaryRow[] => {
    if (!isBinaryPage(page)) return (page as Row[]).map((row) => ({ row, fields: undefined }))
    const all = Array.from({ length: rowsOfBinary(page) }, (_, at) => at)
    return all.map((at) => ({ row: page.row(at) as Row, fields: fieldsOf(page, at, columns) }))
  })
  return { rows, columns }
}

const EPOCH = 946_684_800_000_000n
const DAY = 86_400_000_000n

/** The fields of a row as Postgres reads them. */
function fieldsOf(
  { bytes, offsets }: BinaryPage,
  row: number,
  columns: readonly BinaryColumn[],
): unknown[] | undefined {
  let at = offsets[row * 2]!
  const end = offsets[row * 2 + 1]!
  if (at === end) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields = columns.map(({ type }) => {
    const length = buffer.readInt32BE(at)
    const from = at + 4
    at = from + Math.max(length, 0)
    return length === -1 ? null : fieldOf(type, buffer.subarray(from, at))
  })
  if (at !== end) throw new Error('the fields of a row end elsewhere')
  return fields
}

function fieldOf(type: ColumnType, bytes: Buffer): unknown {
  const number = (length: number, value: () => unknown): unknown => {
    if (bytes.length !== length) throw new Error(`a field of ${type} has ${bytes.length} bytes`)
    return value()
  }
  switch (type) {
    case 'integer':
    case 'timestamp':
    case 'local_timestamp':
      return number(8, () => bytes.readBigInt64BE())
    case 'double':
      return number(8, () => bytes.readDoubleBE())
    case 'boolean':
      return number(1, () => bytes[0] === 1)
    case 'date':
      return number(4, () => bytes.readInt32BE())
    case 'json':
      if (bytes[0] !== 1) throw new Error('a version of jsonb that is not known')
      return inJson(bytes.toString('utf8', 1))
    case 'numeric':
      return numericOf(bytes)
    default:
      return bytes.toString('utf8')
  }
}

/** Each number as its text, because a database keeps zeros at its end. */
function inJson(text: string): unknown {
  if (/\\u(?:0000|d[89a-f])/i.test(text.replaceAll('\\\\', ''))) throw new Error(`no JSON of a database: ${text}`)
  return parseNumbers(text, (number) => `number ${number}`)
}

function numericOf(bytes: Buffer): string {
  const count = bytes.readInt16BE(0)
  const weight = bytes.readInt16BE(2)
  const sign = bytes.readUInt16BE(4)
  const scale = bytes.readUInt16BE(6)
  let value = 0n
  for (let at = 0; at < count; at++) value = value * 10_000n + BigInt(bytes.readInt16BE(8 + at * 2))
  if (bytes.length !== 8 + count * 2) throw new Error('a numeric of another length')
  const shift = (weight + 1 - count) * 4 + scale
  const scaled = String(shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift)).padStart(
    scale + 1,
    '0',
  )
  const text = scale === 0 ? scaled : `${scaled.slice(0, -scale)}.${scaled.slice(-scale)}`
  return sign === 0x4000 ? `-${text}` : text
}

/** What the field of a value of a row must be; throws where no field holds it. */
export function meant(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'text':
      if (typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) return value
      break
    case 'integer':
      if (Number.isSafeInteger(value) || typeof value === 'bigint') return BigInt(value as number)
      break
    case 'double':
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      break
    case 'numeric':
      if (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) && !/^-[0.]*$/.test(value)) return value
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'json':
      return inJson(exactJsonText(value))
    case 'date': {
      const micros = typeof value === 'string' ? parseDate(value) : undefined
      if (micros !== undefined) return Number((BigInt(micros) - EPOCH) / DAY)
      break
    }
    case 'timestamp':
    case 'local_timestamp': {
      const instant = typeof value === 'string' ? parseInstant(value) : undefined
      if (instant !== undefined && (instant.zone === 'none') === (type === 'local_timestamp'))
        return BigInt(instant.micros) - EPOCH
    }
  }
  throw new Error(`no field of ${type} holds ${String(value)}`)
}

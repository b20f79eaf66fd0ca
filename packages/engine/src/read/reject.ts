import { createHash } from 'node:crypto'
import type { AnySchema } from '@tidemark/core'
import {
  type EncodedKey,
  type Encoder,
  messageOf,
  type Reject,
  redactJson,
  type Table,
  type TableColumn,
  type Unfit,
} from '@tidemark/core/engine'
import type { z } from 'zod'
import { beginningOf, excerptOf, unredacted } from '../failure/excerpt.ts'

export type Raw = Readonly<Record<string, unknown>>

const PAYLOAD_LENGTH = 10_000
const MESSAGE_LENGTH = 1000

export interface BadRow {
  readonly table: Table
  /** The columns that are kept; what the config leaves out stays out of the payload too. */
  readonly columns: readonly TableColumn[]
  readonly encoder: Encoder
  readonly redact: (text: string) => string
  readonly row: unknown
  readonly position: number | bigint | undefined
  readonly code: string
  readonly message: string
}

/** A rejected row. */
export interface Rejected {
  readonly reject: Reject
  /** Its key cannot be read: it may be that of any stored row. */
  readonly keyless: boolean
}

/** What is kept of a row that does not fit. */
export function rejectOf({ table, columns, encoder, redact, row, position, code, message }: BadRow): Rejected {
  const isRow = typeof row === 'object' && row !== null && !Array.isArray(row)
  const read = isRow && table.primaryKey.length > 0 ? readableKey(encoder, table, row as Raw) : undefined
  const seen = read !== undefined && isKey(read) ? read : undefined
  const json = jsonOf(isRow ? shown(row as Raw, table, columns) : row)
  const payload = redactJson(unredacted(json, PAYLOAD_LENGTH), redact)
  const reject = {
    key: read === undefined ? undefined : jsonOf(table.primaryKey.map((name) => (row as Raw)[name])),
    encodedKey: seen,
    position,
    code,
    message: excerptOf(message, MESSAGE_LENGTH, redact),
    payload: beginningOf(payload, PAYLOAD_LENGTH).replaceAll('\0', '\uFFFD'),
    hash: createHash('sha256').update(json).digest('hex'),
  }
  return { reject, keyless: read === undefined }
}

/** The row without the columns that the config leaves out. */
function shown(row: Raw, table: Table, columns: readonly TableColumn[]): Raw {
  if (columns.length === table.columns.length) return row
  const left = new Set(table.columns.map((column) => column.name))
  for (const { name } of columns) left.delete(name)
  return Object.fromEntries(Object.entries(row).filter(([name]) => !left.has(name)))
}

/** The key of a row; where the database holds no such text, a marker for that: no stored row has it. */
function readableKey(encoder: Encoder, table: Table, row: Raw): EncodedKey | Unfit | undefined {
  const key: Record<string, unknown> = Object.create(null)
  for (const name of table.primaryKey) {
    const column = table.columns.find((one) => one.name === name)
    const parsed = parse(column?.schema as z.ZodType, row[name])
    if (!parsed.ok) return undefined
    key[name] = parsed.value
  }
  const encoded = encoder.encodeKey(key)
  return isKey(encoded) || encoded.unheld === true ? encoded : undefined
}

export function isKey(key: EncodedKey | Unfit): key is EncodedKey {
  return Array.isArray(key)
}

export type Parsed =
  | { readonly ok: true; readonly value: Raw }
  | {
      readonly ok: false
      readonly message: string
      /** What is wrong first, and in which field. */
      readonly problem: string
      readonly field: string | undefined
    }

/** Asks zod. A check of the author's that throws says no. */
export function parse(schema: Pick<AnySchema, 'safeParse'>, value: unknown): Parsed {
  try {
    const result = schema.safeParse(value)
    if (result.success) return { ok: true, value: result.data as Raw }
    const issues = result.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.map(String).join('.') || 'row'}: ${issue.message}`)
    const [first] = result.error.issues
    const field = first?.path[0] === undefined ? undefined : String(first.path[0])
    return { ok: false, message: issues.join('; '), problem: first?.message ?? '', field }
  } catch (error) {
    const message = `the schema threw: ${messageOf(error)}`
    return { ok: false, message, problem: message, field: undefined }
  }
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? 'null'
  } catch {
    return '"a value that cannot be written"'
  }
}

/** What a value is, for a message. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object'
    ? `an object of ${Object.keys(value).slice(0, 5).join(', ') || 'nothing'}`
    : `${typeof value} ${String(value).slice(0, 40)}`
}

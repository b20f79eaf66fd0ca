import { createHash } from 'node:crypto'
import { messageOf, type Reject } from '@tidemark/core/engine'
import { dataColumns, type Layout } from '../columns.ts'
import { decode } from '../decode.ts'

const PAYLOAD = 16_384

/** A row that the database refused, as a reject. */
export function rejectOf(layout: Layout, row: readonly unknown[], error: unknown): Reject {
  const position = row[row.length - 1] as number | bigint | null
  const payload = textOf(Object.fromEntries(dataColumns(layout).map((name, at) => [name, shown(row[at])])))
  return {
    key: layout.key.length === 0 ? undefined : keyText(layout, row),
    seen: undefined,
    position: position ?? undefined,
    code: 'destination',
    message: `the database refused the row: ${messageOf(error)}`,
    payload: payload.slice(0, PAYLOAD),
    hash: createHash('sha256').update(payload).digest('hex'),
  }
}

function keyText(layout: Layout, row: readonly unknown[]): string {
  const key = layout.keyAt.map((at) => {
    const { column, stored } = layout.columns[at]!
    return [column.name, shown(decode(row[at], stored))]
  })
  return textOf(Object.fromEntries(key)).slice(0, PAYLOAD)
}

function textOf(value: object): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one))
}

function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  return typeof value === 'string' && value.length > PAYLOAD ? `${value.slice(0, PAYLOAD)}…` : value
}

import { createHash } from 'node:crypto'
import { messageOf, type Reject } from '@tidemark/core/engine'
import { dataColumns, dataTypes, type Layout } from '../table/columns.ts'
import type { Canonical } from '../values/canonical.ts'

const PAYLOAD = 16_384
/** A rule of the user's may put the value into its message. */
const MESSAGE = 1000

/** A row that the database refused, as a reject. @param canonical undefined: its values are canonical. */
export function rejectOf(
  layout: Layout,
  row: readonly unknown[],
  error: unknown,
  canonical: Canonical | undefined,
): Reject {
  const position = row[row.length - 1] as number | bigint | null
  const values = dataTypes(layout).map((type, at) =>
    shown(canonical === undefined ? row[at] : canonical[type](row[at])),
  )
  const payload = textOf(Object.fromEntries(dataColumns(layout).map((name, at) => [name, values[at]])))
  return {
    key: layout.key.length === 0 ? undefined : textOf(layout.keyAt.map((at) => values[at])),
    encodedKey: undefined,
    position: position ?? undefined,
    code: 'destination',
    message: `the database refused the row: ${messageOf(error)}`.slice(0, MESSAGE).toWellFormed(),
    payload: payload.slice(0, PAYLOAD).toWellFormed().replaceAll('\0', '\uFFFD'),
    hash: createHash('sha256').update(payload).digest('hex'),
  }
}

/** A key as it stands in a reject. */
export function keyText({ keyAt, columns }: Layout, key: readonly unknown[], canonical: Canonical): string {
  return textOf(key.map((value, place) => shown(canonical[columns[keyAt[place]!]!.stored](value))))
}

function textOf(value: object): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? exact(one) : one))
}

function exact(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
}

function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  return typeof value === 'string' && value.length > PAYLOAD ? `${value.slice(0, PAYLOAD)}…` : value
}

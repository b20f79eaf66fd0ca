import { type BinaryPage, binaryPage } from '@tidemark/core'
import type pg from 'pg'
import type { Reads, Row, Selected } from '../database.ts'
import { decodeBinary } from './binary-values.ts'
import { ask } from './session.ts'

/** A read whose columns come as the fields of a binary page. */
type BinaryReads = Reads & { readonly columns: readonly (Selected & Required<Pick<Selected, 'binary'>>)[] }

/**
 * How a table is read in the binary form of Postgres.
 *
 * @returns undefined where it is not asked for, or a column has values that this form does not hold as they are stored.
 */
export async function binaryReads(client: pg.Client, reads: Reads): Promise<BinaryReads | undefined> {
  const { binary, columns } = reads
  if (binary === undefined) return undefined
  const asked = binary.map(({ name, type }) => {
    const column = columns.find((one) => one.name === name)
    if (column?.binary === undefined || column.type !== type) return undefined
    return { ...column, ...column.binary, select: column.binary.select, binary: column.binary }
  })
  if (asked.some((column) => column === undefined)) return undefined
  // A server without an encoding sends any bytes, and whether they are text is looked at row by row.
  const [row] = await ask(client, `SELECT current_setting('server_encoding')`)
  if (row![0] === 'SQL_ASCII') return undefined
  return { ...reads, columns: asked as BinaryReads['columns'] }
}

/** Makes pages of rows as they came. */
export function pageMaker(columns: BinaryReads['columns']): (bytes: Buffer, offsets: Uint32Array) => BinaryPage<Row> {
  return (bytes, offsets) => binaryPage(bytes, offsets, (at) => rowAt(bytes, offsets[at * 2]!, columns))
}

function rowAt(bytes: Buffer, start: number, columns: BinaryReads['columns']): Row {
  let at = start
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const length = bytes.readInt32BE(at)
      const from = at + 4
      at = from + Math.max(0, length)
      return [name, length === -1 ? null : decodeBinary(type, bytes.subarray(from, at))]
    }),
  )
}

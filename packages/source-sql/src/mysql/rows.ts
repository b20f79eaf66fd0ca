import type { Connection } from 'mysql2'
import { type Chunk, Chunks } from '../chunks.ts'
import type { Statement } from '../select.ts'
import type { AnswerColumn } from './answer.ts'
import type { RawRow } from './session.ts'

/** The rows of one statement in chunks, and what the server says of their columns. */
export class RowsAsTheyCome {
  columns: readonly AnswerColumn[] = []
  /** The last row that came. */
  last: RawRow | undefined
  readonly #chunks: Chunks<RawRow>

  constructor(connection: Connection, { sql, parameters }: Statement) {
    const chunks = new Chunks<RawRow>(connection)
    const query = connection.query({ sql, values: [...parameters], rowsAsArray: true, typeCast: false })
    query.on('fields', (columns: readonly AnswerColumn[] | undefined) => {
      this.columns = columns ?? []
    })
    query.on('result', (row) => {
      this.last = row as unknown as RawRow
      chunks.add(this.last, bytesOf(this.last))
    })
    // The driver tells a broken connection only to whoever waits for all rows at once, or listens to the connection.
    const onBroken = (error: Error): void => chunks.fail(error)
    connection.on('error', onBroken)
    query.on('end', () => {
      connection.removeListener('error', onBroken)
      chunks.end()
    })
    query.on('error', (error) => {
      connection.removeListener('error', onBroken)
      chunks.fail(error)
    })
    this.#chunks = chunks
  }

  get rows(): number {
    return this.#chunks.rows
  }

  get bytes(): number {
    return this.#chunks.bytes
  }

  next(withinMs: number): Promise<Chunk<RawRow>> {
    return this.#chunks.next(withinMs)
  }
}

function bytesOf(row: RawRow): number {
  let bytes = 0
  for (const value of row) bytes += value?.length ?? 0
  return bytes
}

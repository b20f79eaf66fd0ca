import pg from 'pg'
import type { NativeRows } from '../dialect.ts'
import { CopiedRows } from './copied-rows.ts'

/** Rows in the bytes of a binary COPY, one after the other. */
export class RowBlock implements NativeRows {
  readonly binary: Buffer
  readonly #ends: readonly number[]

  /** @param ends where each of them ends. */
  constructor(binary: Buffer, ends: readonly number[]) {
    this.binary = binary
    this.#ends = ends
  }

  get count(): number {
    return this.#ends.length
  }

  get bytes(): number {
    return this.binary.length
  }

  *weights(): Generator<Buffer> {
    for (const [from, end] of this.places()) yield this.binary.subarray(from, end)
  }

  /** Where each of them begins and ends. */
  *places(): Generator<readonly [from: number, end: number]> {
    let from = 0
    for (const end of this.#ends) {
      yield [from, end]
      from = end
    }
  }
}

/** A statement with the values of its parameters: COPY takes none. */
export function withValues(text: string, parameters: readonly unknown[]): string {
  return text.replace(PARAMETER, (found, number: string | undefined) => {
    if (number === undefined) return found
    const value = parameters[Number(number) - 1]
    return typeof value === 'string' ? pg.escapeLiteral(value) : `(${value})`
  })
}

/** Or a name or a text in quotes, which may look like one. */
const PARAMETER = /"(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\d+)/g

/** A block has so many bytes, or one row of more. */
const BLOCK = 256 * 1024

interface Wire {
  readonly stream: { pause(): void; resume(): void; destroy(): void }
  query(text: string): void
}

/**
 * The rows of a query as the server copies them out, in blocks. The connection is stopped while nobody takes them. Whoever
 * leaves early ends the connection: a COPY has no other end.
 */
export async function* copiedOut(client: pg.ClientBase, query: string): AsyncGenerator<RowBlock> {
  const rows = new CopiedRows()
  let wire: Wire | undefined
  let full: RowBlock[] = []
  let block = Buffer.allocUnsafeSlow(BLOCK)
  let ends: number[] = []
  let at = 0
  let isOver = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => {}
  const finish = (): void => {
    if (at === 0) return
    full.push(new RowBlock(block.subarray(0, at), ends))
    block = Buffer.allocUnsafeSlow(BLOCK)
    ends = []
    at = 0
  }
  // What the client's parser gives is overwritten later, so that it is copied at once.
  const take = (bytes: Buffer, from: number, end: number): void => {
    const size = end - from
    if (at + size > block.length) {
      finish()
      if (size > block.length) block = Buffer.allocUnsafeSlow(size)
    }
    bytes.copy(block, at, from, end)
    at += size
    ends.push(at)
  }
  const end = (): void => {
    isOver = true
    wake()
  }
  const asked = {
    submit(connection: Wire): void {
      wire = connection
      connection.query(`copy (${query}) to stdout (format binary)`)
    },
    handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
      rows.add(chunk, take)
      if (full.length === 0) return
      wire!.stream.pause()
      wake()
    },
    handleCommandComplete(): void {},
    handleReadyForQuery: end,
    handleError(error: unknown): void {
      failure = { error }
      end()
    },
  }
  client.query(asked as never)
  try {
    while (!isOver) {
      if (full.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const taken = full
      full = []
      yield* taken
      wire?.stream.resume()
    }
    if (failure !== undefined) throw failure.error
    finish()
    yield* full
  } finally {
    if (!isOver) wire?.stream.destroy()
  }
}

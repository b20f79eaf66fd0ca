import pg from 'pg'
import { CopiedRows } from './copied-rows.ts'
import { type RowBlock, RowBlocks } from './row-blocks.ts'

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
  const blocks = new RowBlocks()
  let isOver = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => {}
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
      // What the client's parser gives is overwritten later, so that it is copied at once.
      rows.add(chunk, blocks.add)
      if (!blocks.hasFull) return
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
      if (!blocks.hasFull) await new Promise<void>((resolve) => (wake = resolve))
      yield* blocks.taken()
      wire?.stream.resume()
    }
    if (failure !== undefined) throw failure.error
    yield* blocks.end()
  } finally {
    if (!isOver) wire?.stream.destroy()
  }
}

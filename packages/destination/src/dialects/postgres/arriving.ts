import pg from 'pg'

/** A row as the server writes it. */
export type Answer = readonly (string | null)[]

/** About so many characters of an answer are held until somebody takes them. */
const MAX_BUFFERED = 4_000_000

interface Wire {
  readonly connection: { readonly stream: NodeJS.ReadableStream }
}

const AS_TEXT = { getTypeParser: () => (value: string) => value }

/**
 * The rows of a statement as they arrive. The connection is stopped while nobody takes them, so that however wide they are
 * few are held. Whoever leaves early lets the rest pass by.
 */
export async function* arriving(client: pg.ClientBase, text: string): AsyncGenerator<Answer> {
  const { stream } = (client as unknown as Wire).connection
  let rows: Answer[] = []
  let held = 0
  let isOver = false
  let isLeft = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => {}
  const query = new pg.Query({ text, rowMode: 'array', types: AS_TEXT } as never)
  query.on('row', (row: unknown) => {
    if (isLeft) return
    rows.push(row as Answer)
    for (const value of row as Answer) held += value?.length ?? 0
    if (held < MAX_BUFFERED) return
    stream.pause()
    wake()
  })
  const end = (): void => {
    isOver = true
    wake()
  }
  query.on('end', end)
  query.on('error', (error: unknown) => {
    failure = { error }
    end()
  })
  client.query(query)
  const more = async (): Promise<void> => {
    stream.resume()
    if (isOver || held >= MAX_BUFFERED) return
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    await promise
  }
  try {
    do {
      await more()
      const taken = rows
      rows = []
      held = 0
      yield* taken
    } while (!isOver || rows.length > 0)
    if (failure !== undefined) throw failure.error
  } finally {
    isLeft = true
    while (!isOver) await more()
    stream.resume()
  }
}

import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Session } from './sessions.ts'

/** The most rows that are fetched at once, and about how many characters they may have together. */
const FETCH = 2000
const CHARACTERS = 8_000_000

/** The rows of a query as a cursor of the server gives them, each value as the text that the server writes. */
export async function* fetched(
  { client, db }: Session,
  query: RawBuilder<unknown>,
): AsyncGenerator<readonly (string | null)[]> {
  const { sql: text, parameters } = sql`declare reading no scroll cursor for ${query}`.compile(db)
  await client.query(text, parameters as unknown[])
  const types = { getTypeParser: () => (value: string) => value }
  // Few at first: nobody knows yet how large they are.
  for (let asked = 20; ; ) {
    const { rows } = await client.query({
      text: `fetch ${asked} from reading`,
      rowMode: 'array',
      types: types as never,
    })
    let characters = 0
    for (const values of rows as unknown as (string | null)[][]) {
      for (const value of values) characters += value?.length ?? 0
      yield values
    }
    if (rows.length < asked) break
    asked = Math.min(FETCH, Math.max(1, Math.floor((CHARACTERS * rows.length) / (characters + 1))))
  }
  await client.query('close reading')
}

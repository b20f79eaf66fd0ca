import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import { type Answer, arriving } from './arriving.ts'
import type { Reserved } from './sessions.ts'

/** So many rows one statement fetches; fewer where fewer have so many characters, so that little is left if the reader stops. */
const FETCH = 2000
const CHARACTERS = 8_000_000

/** The rows of a query as a cursor of the server gives them, each value as the text that the server writes. */
export async function* fetched({ client, db }: Reserved, query: RawBuilder<unknown>): AsyncGenerator<Answer> {
  const { sql: text, parameters } = sql`declare reading no scroll cursor for ${query}`.compile(db)
  await client.query(text, parameters as unknown[])
  for (let asked = FETCH; ; ) {
    let rows = 0
    let characters = 0
    for await (const values of arriving(client, `fetch ${asked} from reading`)) {
      rows++
      for (const value of values) characters += value?.length ?? 0
      yield values
    }
    if (rows < asked) break
    asked = Math.min(FETCH, Math.max(1, Math.floor((CHARACTERS * rows) / (characters + 1))))
  }
  await client.query('close reading')
}

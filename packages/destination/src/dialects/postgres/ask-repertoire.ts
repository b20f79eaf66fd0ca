import { sql } from 'kysely'
import { Repertoire, UNICODE } from '../../values/repertoire.ts'
import { attempt } from './attempt.ts'
import type { Reserved } from './sessions.ts'

/** The bytes beyond ASCII. */
const FIRST = 128
const END = 256

/**
 * Asks which texts the database holds. Encodings of one byte are asked for the characters that they have; SQL_ASCII keeps
 * what is sent. Of an encoding of several bytes only the server knows, so that it is asked with each row.
 */
export async function askRepertoire(session: Reserved): Promise<Repertoire> {
  const { rows } = await sql<{
    encoding: string
    bytes: number
  }>`select pg_catalog.pg_encoding_to_char(encoding) as encoding,
    pg_catalog.pg_encoding_max_length(encoding) as bytes from pg_catalog.pg_database
    where datname = pg_catalog.current_database()`.execute(session.db)
  const { encoding, bytes } = rows[0]!
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return UNICODE
  if (Number(bytes) > 1) return new Repertoire(encoding)
  return new Repertoire(encoding, await characters(session, encoding, FIRST, END))
}

/** The characters of a range of bytes; where one of them stands for none, those of its halves. */
async function characters(session: Reserved, encoding: string, first: number, end: number): Promise<string> {
  const hex = Buffer.from(Array.from({ length: end - first }, (_, at) => first + at)).toString('hex')
  const asked = await attempt(session, async () => {
    const { rows } = await sql<{ text: string }>`select pg_catalog.convert_from(pg_catalog.decode(${hex}, 'hex'),
      cast(${encoding} as name)) as text`.execute(session.db)
    return rows[0]!.text
  })
  if (asked.ok) return asked.value
  if (end - first === 1) return ''
  const middle = (first + end) >> 1
  return (await characters(session, encoding, first, middle)) + (await characters(session, encoding, middle, end))
}

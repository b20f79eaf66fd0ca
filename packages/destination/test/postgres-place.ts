import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** An empty schema of a real server, and a user's own way into it. */
export interface Place {
  /** A destination's url. */
  readonly url: string
  readonly schema: string
  readonly server: PostgresServer
  /** Runs a statement as a user of the schema, on a connection that is kept for the test. */
  rows<T extends object = Record<string, unknown>>(statement: string, values?: readonly unknown[]): Promise<T[]>
}

/** One server for a test file, and a new schema in it for each call. */
export function onPostgres(options: Parameters<typeof startPostgres>[0] = {}): () => Promise<Place> {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(options)
  })
  afterAll(() => server.stop())
  return async () => {
    const { url, schema } = await server.newSchema()
    const { rows } = await byHand(server.url, schema)
    return { url, schema, server, rows }
  }
}

/** A connection as a user has it; what breaks it is not the test's concern. */
export async function byHand(url: string, schema: string): Promise<Pick<Place, 'rows'>> {
  let client: pg.Client | undefined
  onTestFinished(() => client?.end().catch(() => {}))
  const connected = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({ connectionString: url })
    fresh.on('error', () => {
      client = undefined
    })
    await fresh.connect()
    await fresh.query(`set search_path = "${schema}"`)
    return fresh
  }
  return {
    rows: async (statement, values = []) => {
      client ??= await connected()
      return (await client.query(statement, [...values])).rows as never
    },
  }
}

/** How long something may take to come about on a machine that has much else to do. */
const PATIENCE_MS = 45_000

/** Waits until something is so. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error('it did not come to that')
    await new Promise((done) => setTimeout(done, 25))
  }
}

/** The sessions of a runner, as the server shows them. */
export async function sessionsOf(
  place: Place,
  runner: string,
  more = '',
): Promise<readonly { pid: number; query: string }[]> {
  return await place.rows(`select pid, query from pg_stat_activity where application_name = $1 ${more} order by pid`, [
    `tidemark ${runner}`,
  ])
}

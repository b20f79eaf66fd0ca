import pg from 'pg'
import type { Execute, QueueDatabase } from '../../queue/queue-database.ts'
import { parseAddress } from './address.ts'
import { driverOptions } from './driver-options.ts'
import { explain, isLost } from './errors.ts'
import { askServer } from './open-postgres.ts'

/** Jobs are fetched and settled one after the other; the rest is for pg-boss's maintenance. */
const CONNECTIONS = 6
/** A statement of the queue takes milliseconds: what takes longer waits for somebody. */
const LOCK_MS = 30_000

/** Opens connections for the queue of the workers. Not those of the destination: pg-boss reads values as the driver gives them. */
export async function connectQueue(url: string): Promise<QueueDatabase> {
  const address = parseAddress(url)
  const { schema, isPlain } = await askServer(url, async ({ client }, schema) => ({
    schema,
    isPlain: !isEncrypted(client),
  }))
  const pool = new pg.Pool({
    ...driverOptions(address, isPlain),
    application_name: 'tidemark (queue)',
    max: CONNECTIONS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  let closing: Promise<void> | undefined
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  return {
    shown: address.shown,
    stateSchema: schema,
    execute: async (statement, values) => await pool.query(statement, values as unknown[] | undefined),
    transaction: (work) => inTransaction(pool, work),
    explain: (error) => explain(error, address.shown),
    close: () => (closing ??= pool.end()),
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (execute: Execute) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let isBroken = false
  try {
    await client.query(`begin; set local lock_timeout = ${LOCK_MS}`)
    const result = await work(
      async (statement, values) => await client.query(statement, values as unknown[] | undefined),
    )
    await client.query('commit')
    return result
  } catch (error) {
    isBroken = isLost(error)
    if (!isBroken) await client.query('rollback').catch(() => (isBroken = true))
    throw error
  } finally {
    client.release(isBroken)
  }
}

/** Whether a connection speaks TLS: where the address only prefers it, the server may not have it. */
function isEncrypted(client: pg.PoolClient): boolean {
  const { connection } = client as unknown as {
    readonly connection: { readonly stream: { readonly encrypted?: boolean } }
  }
  return connection.stream.encrypted === true
}

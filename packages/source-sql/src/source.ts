import { defineSource, type Logger, SyncError } from '@tidemark/core'
import { SqlConfig } from './config.ts'
import type { Database } from './database.ts'
import { durationMs } from './length.ts'
import { MySql } from './mysql/database.ts'
import { Postgres } from './postgres/database.ts'
import { type LogOptions, PostgresLog } from './postgres/log/postgres-log.ts'
import type { Sessions } from './postgres/sessions.ts'
import { sizeBytes } from './size.ts'
import { Sqlite } from './sqlite/database.ts'
import { type Target, targetOf } from './target.ts'

/** A connected database, and what the user says about it. */
export interface Client {
  readonly database: Database
  readonly config: SqlConfig
  /** Its log, where it has one that can be read. */
  readonly log: PostgresLog | undefined
  close(): Promise<void>
}

export const sql = defineSource({
  name: 'sql',
  config: SqlConfig,
  connect: (config, { log }) => connect(config, log),
  identity: ({ client }) => client.config.identity ?? client.database.identity(),
})

export function connect(config: SqlConfig, log?: Pick<Logger, 'warn'>): Client {
  const target = targetOf(config)
  const ignored = target.system === 'sqlite' ? [] : target.ignored
  if (ignored.length > 0)
    log?.warn(`${target.label}: config.url has parameters that Tidemark does not know: ${ignored.join(', ')}`)
  const database = databaseOf(target, config)
  const ownLog = logOf(database, config)
  const close = async (): Promise<void> => {
    await ownLog?.close()
    await database.close()
  }
  return { database, config, log: ownLog, close }
}

function logOf(database: Database, config: SqlConfig): PostgresLog | undefined {
  // Also where it is not read: what an earlier run left there is removed.
  if (database instanceof Postgres)
    return new PostgresLog(database.sessions, { ...logOptions(config), standby: standbyOf(config) })
  if (config.replication === undefined) return undefined
  throw new SyncError(
    `${database.label}: config.replication "log" is for Postgres; leave it out, and its tables are read by their cursors`,
    'fix-config',
  )
}

function standbyOf(config: SqlConfig): Sessions | undefined {
  const { standby, replication } = config
  if (standby === undefined || replication === undefined) return undefined
  const database = databaseOf(targetOf({ ...config, url: standby }), config)
  if (database instanceof Postgres) return database.sessions
  throw new SyncError('config.standby is an address of Postgres: a standby of the one in config.url', 'fix-config')
}

/** @throws SyncError `fix-config` */
function logOptions({ maxHeld, publication, slot, replication }: SqlConfig): LogOptions {
  const refuse = (why: string): SyncError => new SyncError(`config.${why}`, 'fix-config', { code: 'log-publication' })
  if ((publication === undefined) !== (slot === undefined))
    throw refuse(publication === undefined ? 'slot needs config.publication' : 'publication needs config.slot')
  if (publication === undefined || slot === undefined)
    return { maxHeld: maxHeld === undefined ? undefined : sizeBytes(maxHeld) }
  if (replication === undefined) throw refuse('publication and config.slot are for replication: "log"; leave them out')
  if (maxHeld !== undefined)
    throw refuse('maxHeld drops a slot, and config.slot is not ours to drop; set max_slot_wal_keep_size at the server')
  return { given: { publication, slot } }
}

function databaseOf(target: Target, config: SqlConfig): Database {
  const options = {
    schemas: config.schemas,
    statementTimeoutMs: durationMs(config.statementTimeout)!,
    connections: config.connections,
    rowSecurity: config.rowSecurity,
    zeroDates: config.zeroDates,
  }
  if (target.system === 'sqlite') return new Sqlite(target)
  return target.system === 'postgres' ? new Postgres(target, options) : new MySql(target, options)
}

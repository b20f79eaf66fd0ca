import { defineSource } from '@tidemark/core'
import { SqlConfig } from './config.ts'
import type { Database } from './database.ts'
import { durationMs } from './length.ts'
import { MySql } from './mysql/database.ts'
import { Postgres } from './postgres/database.ts'
import { Sqlite } from './sqlite/database.ts'
import { targetOf } from './target.ts'

/** A connected database, and what the user says about it. */
export interface Client {
  readonly database: Database
  readonly config: SqlConfig
  close(): Promise<void>
}

export const sql = defineSource({
  name: 'sql',
  config: SqlConfig,
  connect: (config) => connect(config),
  identity: ({ client }) => client.config.identity ?? client.database.identity(),
})

export function connect(config: SqlConfig): Client {
  const database = databaseOf(config)
  return { database, config, close: () => database.close() }
}

function databaseOf(config: SqlConfig): Database {
  const target = targetOf(config)
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

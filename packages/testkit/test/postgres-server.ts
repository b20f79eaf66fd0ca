import type { Connect } from '../src/crash-harness.ts'

/** A Postgres server of its own, for tests that stop it and talk to it through a proxy. */
export interface PostgresServer {
  readonly port: number
  /** Makes an empty database, or a copy of another one, and gives its name. */
  create(template?: string): Promise<string>
  drop(database: string): Promise<void>
  /** How a database is opened, at this port or at a proxy's; with further parameters of the url. */
  url(database: string, at?: { readonly port?: number; readonly user?: string; readonly query?: string }): string
  connect(database: string): Connect
  /** One statement as the superuser. */
  query(database: string, statement: string): Promise<readonly (readonly unknown[])[]>
  /** As a crash: without a checkpoint, every connection broken (`pg_ctl -m immediate stop`). */
  stopHard(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** The server of this test file; undefined while no destination takes the urls of Postgres. */
export async function postgresServer(): Promise<PostgresServer | undefined> {
  return undefined
}

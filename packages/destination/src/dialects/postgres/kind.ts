import type { DatabaseKind } from '../database-kind.ts'
import { isPostgres, OWN_SCHEMA, parseAddress } from './address.ts'

const LOCK_MS = 30_000

/** A schema of a Postgres database. */
export const postgres: DatabaseKind = {
  name: 'postgres',
  isNetworked: true,
  names: isPostgres,
  placeOf: (url) => {
    const { shown, schema } = parseAddress(url)
    return { kind: 'postgres', url, shown, schema: schema ?? OWN_SCHEMA, isSchemaNamed: schema !== undefined }
  },
  ignoredIn: ({ url }) => parseAddress(url).ignored,
  open: async ({ url }, { busyMs = LOCK_MS, ...options }) => {
    const { openPostgres } = await import('./open-postgres.ts')
    return await openPostgres({ ...options, url, lockMs: busyMs })
  },
  openReader: async ({ url }, project) => (await import('./reader.ts')).openPostgresReader(url, project),
  hasState: async ({ url }) => (await import('./open-postgres.ts')).hasState(url),
  openQueue: async ({ url }) => (await import('./queue-database.ts')).connectQueue(url),
  examine: async ({ url }) => (await import('./examine.ts')).examinePostgres(url),
}

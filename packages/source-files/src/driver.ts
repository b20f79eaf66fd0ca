import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as DuckDb from '@duckdb/node-api'
import { messageOf, SyncError } from '@tidemark/core'

/** As the manifest of this package asks for it: a release whose inside is known. */
const WANTED = '@duckdb/node-api@1.5.6-r.1'

let loaded: typeof DuckDb | undefined

/**
 * DuckDB, which reads Parquet and nothing else, so that only who has such files installs it: found beside this package, or
 * in the project.
 *
 * @throws SyncError code `peer` that names the package and how to install it.
 */
export function driver(): typeof DuckDb {
  if (loaded !== undefined) return loaded
  let failure: unknown
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      loaded = createRequire(from)('@duckdb/node-api') as typeof DuckDb
      return loaded
    } catch (error) {
      failure ??= error
    }
  }
  throw new SyncError(
    `Parquet files are read with the package @duckdb/node-api, which cannot be loaded here (${messageOf(failure).split('\n')[0]}); add it to the project with: pnpm add ${WANTED}`,
    'fix-config',
    { code: 'peer', cause: failure },
  )
}

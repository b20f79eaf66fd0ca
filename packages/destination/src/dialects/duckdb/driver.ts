import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as DuckDb from '@duckdb/node-api'
import { messageOf, SyncError } from '@tidemark/core'

export type Driver = typeof DuckDb

/** As the manifest of this package asks for it: a release whose inside is known. */
const WANTED = '@duckdb/node-api@1.5.6-r.1'

let loaded: Driver | undefined

/**
 * DuckDB's driver, which only its users install: found beside this package, or in the caller's project.
 *
 * @throws SyncError that names the package.
 */
export function driver(): Driver {
  if (loaded !== undefined) return loaded
  const failures: unknown[] = []
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    const load = createRequire(from)
    try {
      const found = load('@duckdb/node-api') as Driver
      keepByteOrderMarks(load('@duckdb/node-api/lib/vectors/dataAccessors.js'))
      loaded = found
      return found
    } catch (error) {
      failures.push(error)
    }
  }
  throw new SyncError(
    `a DuckDB destination needs the package @duckdb/node-api, which cannot be loaded here (${firstLineOf(failures[0])}); add it to the project with: pnpm add ${WANTED}`,
    'fix-config',
    { code: 'destination-unavailable', cause: failures[0] },
  )
}

const firstLineOf = (error: unknown): string => messageOf(error).split('\n')[0]!

/**
 * The driver decodes texts by a decoder that takes a byte order mark at their start away (its version 1.5.6), so that what is
 * read would not be what is stored. This one leaves it.
 */
function keepByteOrderMarks(accessors: { textDecoder: InstanceType<typeof TextDecoder> }): void {
  if (!accessors.textDecoder.ignoreBOM) accessors.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
}

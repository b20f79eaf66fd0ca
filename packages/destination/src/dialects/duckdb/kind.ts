import { existsSync } from 'node:fs'
import { examineFile } from '../../files/examine-file.ts'
import { exposureOfFile } from '../../files/exposure.ts'
import { filePath } from '../../files/file-path.ts'
import type { DatabaseKind } from '../database-kind.ts'

/** One process has the file at a time: how long another one is waited for. */
const BUSY_MS = 5000

/** A DuckDB file: `duckdb:<path>`, or a path that ends in `.duckdb`. */
export const duckdb: DatabaseKind = {
  name: 'duckdb',
  isNetworked: false,
  names: (address) => /^duckdb:/i.test(address) || /^(?!sqlite:)[^?#]*\.duckdb$/i.test(address),
  placeOf: (address) => {
    const path = filePath(address, 'duckdb')
    return { kind: 'duckdb', url: path, shown: path }
  },
  open: async ({ url }, { busyMs = BUSY_MS, ...options }) => {
    const { openDuckDb } = await import('./open-duckdb.ts')
    return await openDuckDb({ ...options, path: url, busyMs })
  },
  openReader: async ({ url }, project) => (await import('./reader.ts')).openDuckDbReader(url, project),
  hasState: async ({ url }) => existsSync(url) && (await (await import('./reader.ts')).hasState(url)),
  examine: async ({ url, shown }) => {
    const { driver } = await import('./driver.ts')
    const version = driver().version().replace(/^v/, '')
    return { kind: 'duckdb', title: 'DuckDB', version, ...(await examineFile(url, shown)) }
  },
  exposureOf: ({ url }) => exposureOfFile([url, `${url}.wal`]),
}

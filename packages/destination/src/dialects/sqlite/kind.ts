import type { DatabaseKind } from '../database-kind.ts'
import { examineSqlite } from './examine.ts'
import { exposureOf } from './exposure.ts'
import { filePath } from './file-path.ts'
import { openSqlite } from './open-sqlite.ts'
import { queryFile } from './query-file.ts'
import { hasSqliteState } from './read-only.ts'
import { openSqliteReader } from './reader.ts'

const BUSY_MS = 5000

/** A file; the kind of every address that no other one takes. */
export const sqlite: DatabaseKind = {
  name: 'sqlite',
  isNetworked: false,
  names: () => true,
  placeOf: (address) => {
    const path = filePath(address)
    return { kind: 'sqlite', url: path, shown: path }
  },
  open: ({ url }, { busyMs = BUSY_MS, ...options }) => openSqlite({ ...options, path: url, busyMs }),
  openReader: ({ url }, project) => openSqliteReader(url, project),
  hasState: async ({ url }) => url !== ':memory:' && (await hasSqliteState(url)),
  examine: ({ url, shown }) => examineSqlite(url, shown),
  // SQLite does not let go before it has an answer, which may be never.
  queryRows: ({ url }, statement) => queryFile(url, statement),
  exposureOf: ({ url }) => exposureOf(url),
}

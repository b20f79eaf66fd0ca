import { examineFile } from '../../files/examine-file.ts'
import { exposureOfFile } from '../../files/exposure.ts'
import { filePath } from '../../files/file-path.ts'
import type { DatabaseKind } from '../database-kind.ts'
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
    const path = filePath(address, 'sqlite')
    return { kind: 'sqlite', url: path, shown: path }
  },
  open: ({ url }, { busyMs = BUSY_MS, ...options }) => openSqlite({ ...options, path: url, busyMs }),
  openReader: ({ url }, project) => openSqliteReader(url, project),
  hasState: async ({ url }) => url !== ':memory:' && (await hasSqliteState(url)),
  examine: async ({ url, shown }) => ({
    kind: 'sqlite',
    title: 'SQLite',
    version: process.versions['sqlite'] ?? '',
    ...(url === ':memory:' ? { freeBytes: undefined, problems: [] } : await examineFile(url, shown)),
  }),
  // SQLite does not let go before it has an answer, which may be never.
  queryRows: ({ url }, statement) => queryFile(url, statement),
  exposureOf: ({ url }) => (url === ':memory:' ? [] : exposureOfFile([url, `${url}-wal`, `${url}-shm`])),
}

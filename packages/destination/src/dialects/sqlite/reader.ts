import type { Project } from '@tidemark/core/engine'
import { requireFile } from '../../files/require-file.ts'
import { readMark } from '../../state/state-mark.ts'
import type { SqlStore } from '../../store.ts'
import { readOnlyStore, refuseUnreadable } from '../../store-reader.ts'
import { textProblem } from '../../table/check-partition.ts'
import { tableName } from '../../table/names.ts'
import { UNICODE } from '../../values/repertoire.ts'
import type { Reader } from '../database-kind.ts'
import { SqliteConnections } from './connections.ts'
import { sqliteDialect } from './dialect.ts'
import { explain } from './errors.ts'
import { sqliteProfile } from './profile.ts'
import { runQuery } from './query.ts'
import { openReadOnly, type ReadOnlyDatabase } from './read-only.ts'
import { sqliteFlavor } from './state-dialect.ts'

/** Whoever only looks gives up soon: a writer in WAL mode keeps no reader waiting. */
const BUSY_MS = 1000
const HAS_LOG = "select 1 from sqlite_schema where name = '_tidemark_run_log'"

interface Opened {
  readonly database: ReadOnlyDatabase
  readonly connections: SqliteConnections
  readonly destination: SqlStore
  /** Which file it is: another one under the same name is another database. */
  readonly file: string
}

/** Opens a SQLite file for reading alone. A file that went away or was replaced is noticed at the next question. */
export async function openSqliteReader(path: string, project: Project | undefined): Promise<Reader> {
  let opened: Opened | undefined
  let version = ''
  let mark = ''

  const close = (): void => {
    opened?.connections.closeReaders()
    opened?.database.close()
    opened = undefined
  }

  const current = async (): Promise<Opened> => {
    const { dev, ino } = requireFile(path)
    const file = `${dev}:${ino}`
    if (opened?.file === file) return opened
    close()
    const database = openReadOnly(path, BUSY_MS)
    try {
      await refuseUnreadable(database.db, sqliteFlavor, path)
      version = ''
      const connections = new SqliteConnections(database)
      const destination = readOnlyStore(connections, sqliteDialect(database), project)
      opened = { database, connections, destination, file }
      return opened
    } catch (error) {
      database.close()
      throw error
    }
  }

  const reading = async <T>(work: (opened: Opened) => T | Promise<T>): Promise<T> => {
    try {
      return await work(await current())
    } catch (error) {
      throw explain(error, path)
    }
  }

  const reader: Reader = {
    profile: sqliteProfile,
    nameOf: tableName,
    problemOf: (...asked) => textProblem(UNICODE, ...asked),
    now: () => reading(({ destination }) => destination.now()),
    state: () => reading(({ destination }) => destination.state()),
    runLog: (run, filter) => reading(({ destination }) => destination.runLog(run, filter)),
    compare: (shape) => reading(({ destination }) => destination.compare(shape)),
    preview: (shape) => reading(({ destination }) => destination.preview(shape)),
    async *read(table, options) {
      const { destination } = await reading((one) => one)
      yield* destination.read(table, options)
    },
    relocation: {
      async *records(kind) {
        const { destination } = await reading((one) => one)
        yield* destination.relocation.records(kind)
      },
      contents: (table) => reading(({ destination }) => destination.relocation.contents(table)),
    },
    query: (statement) => reading(({ database }) => runQuery(database.raw, statement)),
    // One number that SQLite keeps anyway.
    markEveryMs: 400,
    mark: () =>
      reading(async ({ database: { raw }, file }) => {
        // Changes with every commit of another connection, also with those that are nothing of ours.
        const now = String(raw.prepare('pragma data_version').get()?.['data_version'])
        if (now !== version) {
          mark = `${file} ${await readMark((statement) => runQuery(raw, statement), HAS_LOG)}`
          version = now
        }
        return mark
      }),
    close: async () => close(),
  }
  await reading(() => {})
  return reader
}

import { statSync } from 'node:fs'
import type { Project } from '@tidemark/core/engine'
import { requireFile } from '../../files/require-file.ts'
import { stateVersion } from '../../state/migrations.ts'
import { readMark } from '../../state/state-mark.ts'
import { readerOf, readOnlyStore, refuseUnreadable } from '../../store-reader.ts'
import type { Reader } from '../database-kind.ts'
import { connect, DuckDbConnections } from './connections.ts'
import { duckdbDialect } from './dialect.ts'
import { explain } from './errors.ts'
import { type DuckDbFile, openFile } from './file.ts'
import { catalogOf } from './open-duckdb.ts'
import type { Connected } from './session.ts'
import { duckdbFlavor } from './state-dialect.ts'

/** Whoever only looks gives up sooner than a runner: one that syncs has the file for as long as it runs. */
const WAIT_MS = 2000
const HAS_LOG = `select 1 from duckdb_tables()
  where database_name = current_database() and schema_name = 'main' and table_name = '_tidemark_run_log'`

/**
 * Opens a DuckDB file for reading alone, for each question once more: as long as it is open no runner gets it.
 */
export async function openDuckDbReader(path: string, project: Project | undefined): Promise<Reader> {
  let opened = ''
  const take = async (): Promise<{ readonly file: DuckDbFile }> => {
    requireFile(path)
    const file = await openFile(path, { isReadOnly: true, waitMs: WAIT_MS })
    try {
      const now = stampOf(path)
      if (now !== opened) await asking(file, ({ db }) => refuseUnreadable(db, duckdbFlavor, path))
      opened = now
      return { file }
    } catch (error) {
      file.close()
      throw explain(error, path)
    }
  }
  const { file } = await take()
  const catalog = await asking(file, catalogOf).finally(() => file.close())
  const dialect = duckdbDialect({ path, catalog })
  const access = { path, take, release: (one: DuckDbFile) => one.close(), close: async () => {} }
  const destination = readOnlyStore(new DuckDbConnections(access, dialect), dialect, project)
  let looked = { stamp: '', mark: '' }
  return {
    ...readerOf(destination),
    markEveryMs: 1000,
    async mark() {
      requireFile(path)
      const stamp = stampOf(path)
      // A file that is as it was is not opened.
      if (stamp !== looked.stamp)
        looked = { stamp, mark: await readMark((statement) => destination.query(statement), HAS_LOG) }
      return looked.mark
    },
    close: async () => {},
  }
}

/** Whether a file holds a state. @throws SyncError where it cannot be read, or is not a database. */
export async function hasState(path: string): Promise<boolean> {
  const file = await openFile(path, { isReadOnly: true, waitMs: WAIT_MS })
  try {
    return (await asking(file, ({ db }) => stateVersion(db, duckdbFlavor))) > 0
  } catch (error) {
    throw explain(error, path)
  } finally {
    file.close()
  }
}

async function asking<T>(file: DuckDbFile, work: (connected: Connected) => Promise<T>): Promise<T> {
  const connected = await connect(file)
  try {
    return await work(connected)
  } finally {
    connected.connection.closeSync()
  }
}

/** Another text after each change of the file or its log. */
function stampOf(path: string): string {
  return [path, `${path}.wal`]
    .map((name) => {
      const stats = statSync(name, { throwIfNoEntry: false, bigint: true })
      return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`
    })
    .join(' ')
}

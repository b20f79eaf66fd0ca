import { statSync } from 'node:fs'
import { SyncError } from '@tidemark/core'
import type { Project } from '@tidemark/core/engine'
import { moveInto, refuseMoving } from '../../relocate/moving.ts'
import { stateVersion } from '../../state/migrations.ts'
import { NO_RUNNER } from '../../state/no-runner.ts'
import { refuseOther } from '../../state/refuse-other.ts'
import { markOf, STATE_MARK } from '../../state/state-mark.ts'
import { SqlStore } from '../../store.ts'
import { tableName } from '../../table/names.ts'
import type { Reader } from '../database-kind.ts'
import { connect, DuckDbConnections } from './connections.ts'
import { duckdbDialect } from './dialect.ts'
import { explain } from './errors.ts'
import { type DuckDbFile, openFile } from './file.ts'
import { duckdbFlavor } from './flavor.ts'
import { catalogOf } from './open-duckdb.ts'
import type { Connected } from './session.ts'

/** Whoever only looks gives up sooner than a runner: one that syncs has the file for as long as it runs. */
const WAIT_MS = 2000

/**
 * Opens a DuckDB file for reading alone, for each question once more: as long as it is open no runner gets it.
 */
export async function openDuckDbReader(path: string, project: Project | undefined): Promise<Reader> {
  let opened = ''
  const take = async (): Promise<{ readonly file: DuckDbFile }> => {
    checkThere(path)
    const file = await openFile(path, { isReadOnly: true, waitMs: WAIT_MS })
    try {
      const now = stampOf(path)
      if (now !== opened) await asking(file, (connected) => checkState(connected, path))
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
  const access = { path, take, giveBack: (one: DuckDbFile) => one.close(), close: () => {} }
  const destination = new SqlStore(new DuckDbConnections(access, dialect), dialect, {
    runner: NO_RUNNER,
    leaseMs: 0,
    project,
  })
  let looked = { stamp: '', mark: '' }
  return {
    profile: destination.profile,
    nameOf: tableName,
    problemOf: (text, use) => destination.problemOf(text, use),
    now: () => destination.now(),
    state: () => destination.state(),
    read: (table, options) => destination.read(table, options),
    compare: (shape) => destination.compare(shape),
    preview: (shape) => destination.preview(shape),
    relocation: destination.relocation,
    query: (statement, limits) => destination.query(statement, limits),
    markEveryMs: 1000,
    async mark() {
      checkThere(path)
      const stamp = stampOf(path)
      // A file that is as it was is not opened.
      if (stamp !== looked.stamp) looked = { stamp, mark: markOf((await destination.query(STATE_MARK)).rows) }
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

async function checkState({ db }: Connected, path: string): Promise<void> {
  refuseOther(await stateVersion(db, duckdbFlavor), path)
  refuseMoving(await moveInto(db, duckdbFlavor), path)
}

/** @throws SyncError where there is no file: opening would say only that it cannot. */
function checkThere(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  throw new SyncError(`there is no database ${path}; "tidemark sync" makes it, or put it back`, 'fix-config', {
    code: 'destination-missing',
  })
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

import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SyncError } from '@tidemark/core'
import { Kysely, sql } from 'kysely'
import { stateVersion } from '../migrations.ts'
import type { Reader } from '../open-reader.ts'
import { refuseOther } from '../refuse-other.ts'
import { markOf, STATE_MARK } from '../state-mark.ts'
import { readState } from '../state-read.ts'
import type { StateDatabase } from '../state-tables.ts'
import { type Database, dialectOf } from './database.ts'
import { explain } from './errors.ts'
import { sqliteFlavor } from './flavor.ts'
import { presentTables } from './present.ts'
import { runQuery } from './query.ts'
import { temporaryBeside } from './temporary.ts'

/** Whoever only looks gives up soon: a writer in WAL mode keeps no reader waiting. */
const BUSY_MS = 1000

interface Opened extends Database {
  /** Which file it is: another one under the same name is another database. */
  readonly file: string
}

/** Opens a SQLite file for reading alone. A file that went away or was replaced is noticed at the next question. */
export async function openSqliteReader(path: string): Promise<Reader> {
  let opened: Opened | undefined
  let version = ''
  let mark = ''

  const close = (): void => {
    if (opened?.raw.isOpen === true) opened.raw.close()
    opened = undefined
  }

  const current = async (): Promise<Opened> => {
    const file = fileAt(path)
    if (opened?.file === file) return opened
    close()
    temporaryBeside(path)
    const raw = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS, allowExtension: false })
    try {
      const db = new Kysely<StateDatabase>({ dialect: dialectOf(raw) })
      refuseOther(await stateVersion(db, sqliteFlavor), path)
      version = ''
      opened = { path, raw, db, file }
      return opened
    } catch (error) {
      raw.close()
      throw error
    }
  }

  const reading = async <T>(work: (database: Opened) => Promise<T>): Promise<T> => {
    try {
      return await work(await current())
    } catch (error) {
      throw explain(error, path)
    }
  }

  const reader: Reader = {
    now: () =>
      reading(async ({ db }) => {
        const { rows } = await sql<{ now: bigint }>`select ${sqliteFlavor.now} as now`.execute(db)
        return BigInt(rows[0]!.now)
      }),
    state: () =>
      reading((database) =>
        atOneMoment(database.db, async (db) => ({
          tables: await readState(db, sqliteFlavor, (names) => presentTables(database, names)),
        })),
      ),
    query: (statement) => reading(async ({ raw }) => runQuery(raw, statement)),
    mark: () =>
      reading(async ({ raw, file }) => {
        // Changes with every commit of another connection, also with those that are nothing of ours.
        const now = String(raw.prepare('pragma data_version').get()?.['data_version'])
        if (now !== version) {
          mark = `${file} ${markOf(runQuery(raw, STATE_MARK).rows)}`
          version = now
        }
        return mark
      }),
    close: async () => close(),
  }
  await reading(async () => {})
  return reader
}

async function atOneMoment<T>(db: Kysely<StateDatabase>, work: (db: Kysely<StateDatabase>) => Promise<T>): Promise<T> {
  return await db.connection().execute(async (one) => {
    await sql`begin deferred`.execute(one)
    try {
      return await work(one)
    } finally {
      await sql`rollback`.execute(one)
    }
  })
}

/** @throws SyncError where there is none: opening would say only that it cannot. */
function fileAt(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  if (stats !== undefined) return `${stats.dev}:${stats.ino}`
  throw new SyncError(`there is no database ${path}; "tidemark sync" makes it, or put it back`, 'fix-config', {
    code: 'destination-missing',
  })
}

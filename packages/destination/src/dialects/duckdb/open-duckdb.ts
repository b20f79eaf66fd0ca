import { type Destination, STATE_VERSION } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { moveInto, refuseMoving } from '../../relocate/moving.ts'
import { migrate, refuseNewer, stateVersion } from '../../state/migrations.ts'
import { SqlStore, type StoreOptions } from '../../store.ts'
import { connect, DuckDbConnections } from './connections.ts'
import { duckdbDialect } from './dialect.ts'
import { explain } from './errors.ts'
import { openFile } from './file.ts'
import type { Connected } from './session.ts'
import { duckdbFlavor } from './state-dialect.ts'

export interface DuckDbOptions extends StoreOptions {
  readonly path: string
  readonly busyMs: number
  readonly moving: boolean
}

/** Opens the file and brings its state tables to this version. */
export async function openDuckDb(options: DuckDbOptions): Promise<Destination> {
  const { path, busyMs, moving } = options
  const file = await openFile(path, { isReadOnly: false, waitMs: busyMs })
  try {
    const writer = await connect(file)
    await file.turns.take(() => bringUp(writer, path, moving))
    const close = async (): Promise<void> => {
      // What is in the log goes into the file as it is closed, or stays in the log where there is no memory for it.
      await file.memory?.lift(writer.connection).catch(() => {})
      writer.connection.closeSync()
      file.close()
    }
    const access = { path, take: async () => ({ file, writer }), release: () => {}, close }
    const dialect = duckdbDialect({ path, catalog: await catalogOf(writer) })
    return new SqlStore(new DuckDbConnections(access, dialect), dialect, options)
  } catch (error) {
    file.close()
    throw explain(error, path)
  }
}

async function bringUp({ connection, db }: Connected, path: string, moving: boolean): Promise<void> {
  const version = await stateVersion(db, duckdbFlavor)
  refuseNewer(version, path)
  if (!moving) refuseMoving(await moveInto(db, duckdbFlavor), path)
  if (version === STATE_VERSION) return
  await connection.run('begin transaction')
  await migrate(db, duckdbFlavor, path)
  await connection.run('commit')
}

/** What DuckDB calls the file: its name up to the first point, unless that is a word of its own. */
export async function catalogOf({ db }: Connected): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db)
  return rows[0]!.name
}

import type { Project } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { Reader } from './dialects/database-kind.ts'
import type { Connections, Dialect } from './dialects/dialect.ts'
import { moveInto, refuseMoving } from './relocate/moving.ts'
import { stateVersion } from './state/migrations.ts'
import { NO_RUNNER } from './state/no-runner.ts'
import { refuseOther } from './state/refuse-other.ts'
import type { StateDialect } from './state/state-dialect.ts'
import type { StateDatabase } from './state/state-types.ts'
import { SqlStore } from './store.ts'
import { tableName } from './table/names.ts'

/** @throws SyncError where a state cannot be read: it is too new or too old, or is in the middle of a move. */
export async function refuseUnreadable(db: Kysely<StateDatabase>, dialect: StateDialect, place: string): Promise<void> {
  refuseOther(await stateVersion(db, dialect), place)
  refuseMoving(await moveInto(db, dialect), place)
}

/** A store that takes no lease and writes nothing. */
export function readOnlyStore(connections: Connections, dialect: Dialect, project: Project | undefined): SqlStore {
  return new SqlStore(connections, dialect, { runner: NO_RUNNER, leaseMs: 0, project })
}

/** What a reader does by its store: all but to say when the state changed, and to close. */
export function readerOf(store: SqlStore): Omit<Reader, 'mark' | 'markEveryMs' | 'close'> {
  return {
    profile: store.profile,
    nameOf: tableName,
    problemOf: (text, use) => store.problemOf(text, use),
    now: () => store.now(),
    state: () => store.state(),
    runLog: (run, filter) => store.runLog(run, filter),
    read: (table, options) => store.read(table, options),
    compare: (shape) => store.compare(shape),
    preview: (shape) => store.preview(shape),
    relocation: store.relocation,
    query: (statement, limits) => store.query(statement, limits),
  }
}

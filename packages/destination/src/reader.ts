import type { Project, ReadOnlyDestination } from '@tidemark/core/engine'
import { openSqliteReader } from './dialects/sqlite/reader.ts'
import { placeOf } from './open.ts'

/** The driver, loaded only where it is used. */
const postgres = () => import('./dialects/postgres/reader.ts')

export interface ReaderOptions {
  readonly url: string
  /** The project that looks: tables of others are kept apart. Absent: all tables are one's own. */
  readonly project?: Project | undefined
}

/** Looks at a destination and changes nothing: no migration, no file, no lease. It reads the last two versions of the state. */
export interface Reader extends ReadOnlyDestination {
  /** A text that is another one after every change of the state. Cheap enough to ask each second. */
  mark(): Promise<string>
}

/**
 * Opens a destination for whoever only looks.
 *
 * @throws SyncError where there is no database, it cannot be reached, or its state is of a version that it does not read.
 */
export async function openReader({ url, project }: ReaderOptions): Promise<Reader> {
  const place = placeOf(url)
  return place.isServer
    ? await (await postgres()).openPostgresReader(place, project)
    : await openSqliteReader(place.url, project)
}

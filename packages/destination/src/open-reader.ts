import type { Destination } from '@tidemark/core/engine'
import { placeOf } from './open.ts'
import { openSqliteReader } from './sqlite/reader.ts'

/** The driver, loaded only where it is used. */
const postgres = () => import('./postgres/reader.ts')

/** Looks at a destination and changes nothing: no migration, no file, no lease. */
export interface Reader extends Pick<Destination, 'now' | 'state' | 'query' | 'close'> {
  /** A text that is another one after every change of the state. Cheap enough to ask each second. */
  mark(): Promise<string>
}

/**
 * Opens a destination for whoever only looks.
 *
 * @throws SyncError where there is no database, it cannot be reached, or its state is of another version.
 */
export async function openReader({ url }: { readonly url: string }): Promise<Reader> {
  const place = placeOf(url)
  return place.isServer ? await (await postgres()).openPostgresReader(place) : await openSqliteReader(place.url)
}

import { SyncError } from '@tidemark/core'
import { isThere, namesServer, type Place, placeOf } from '@tidemark/destination'
import { passwordsIn } from './secrets.ts'

/** The database a command works on: a file, `:memory:`, or a server. */
export interface Target extends Place {
  /** Whether it holds a state. */
  readonly exists: boolean
  readonly origin: Origin
}

/**
 * Where the target comes from. `named`: the config, an option, or the default file; `environment`: DATABASE_URL, which may
 * be meant for another program; `passed-over`: the default file, because DATABASE_URL names another kind of database.
 */
export type Origin = 'named' | 'environment' | 'passed-over'

export interface FoundPlace extends Place {
  readonly origin: Origin
}

/** The database of `--destination`; a relative path is relative to the working directory. */
export function askedPlace(asked: string): FoundPlace {
  if (passwordsIn(asked).length > 0) {
    throw new SyncError(
      `--destination contains a password, which every user of this machine can read in the process list; write destination: env('DATABASE_URL') into the config instead`,
      'fix-config',
      { code: 'usage' },
    )
  }
  return { ...placeAt(asked, '--destination'), origin: 'named' }
}

/**
 * The database in the config, else the Postgres server in the environment, else a file; a relative path is relative to the
 * project folder, which is the working directory by now.
 */
export function configuredPlace(configured: string | undefined, environment: NodeJS.ProcessEnv): FoundPlace {
  if (configured !== undefined) return { ...placeAt(configured, 'destination'), origin: 'named' }
  const url = (environment['DATABASE_URL'] ?? '').trim()
  // A URL with a schema is meant for Tidemark, except "public", which Prisma puts into its URLs.
  if (namesServer(url)) {
    const place = placeAt(url, 'DATABASE_URL')
    const isChosen = place.isSchemaNamed === true && place.schema !== 'public'
    return { ...place, origin: isChosen ? 'named' : 'environment' }
  }
  return { ...placeAt('data/tidemark.db', 'destination'), origin: url === '' ? 'named' : 'passed-over' }
}

/** @throws SyncError if a server cannot be reached. */
export async function resolveDatabase(place: FoundPlace): Promise<Target> {
  return { ...place, exists: await isThere(place) }
}

function placeAt(text: string, where: string): Place {
  try {
    return placeOf(text)
  } catch (cause) {
    if (!SyncError.is(cause)) throw cause
    // The URL is wrong, not the database.
    throw new SyncError(`${where}: ${cause.message}`, 'fix-config', { cause, code: 'config' })
  }
}

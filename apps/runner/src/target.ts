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
 * Who says so: the config or a flag, or it is where it always is; the environment, which may mean something else by it; or
 * it is where it always is although the environment names another kind of database.
 */
export type Origin = 'named' | 'environment' | 'passed-over'

export interface FoundPlace extends Place {
  readonly origin: Origin
}

/** What `--destination` says; a relative path counts from the working directory. */
export function askedPlace(asked: string): FoundPlace {
  if (passwordsIn(asked).length > 0) {
    throw new SyncError(
      `--destination holds a password, which everyone on this machine can read while it runs; write destination: env('DATABASE_URL') into the config instead`,
      'fix-config',
      { code: 'usage' },
    )
  }
  return { ...placeAt(asked, '--destination'), origin: 'named' }
}

/**
 * What the config says, else a Postgres server that the environment names, else a file; a relative path counts from the
 * project folder, where the process is by now.
 */
export function configuredPlace(configured: string | undefined, environment: NodeJS.ProcessEnv): FoundPlace {
  if (configured !== undefined) return { ...placeAt(configured, 'destination'), origin: 'named' }
  const url = (environment['DATABASE_URL'] ?? '').trim()
  // A schema is chosen with Tidemark in mind; that of Prisma's urls is "public".
  if (namesServer(url)) {
    const place = placeAt(url, 'DATABASE_URL')
    const isChosen = place.isSchemaNamed === true && place.schema !== 'public'
    return { ...place, origin: isChosen ? 'named' : 'environment' }
  }
  return { ...placeAt('data/tidemark.db', 'destination'), origin: url === '' ? 'named' : 'passed-over' }
}

/** @throws SyncError where a server cannot be asked. */
export async function resolveDatabase(place: FoundPlace): Promise<Target> {
  return { ...place, exists: await isThere(place) }
}

function placeAt(text: string, where: string): Place {
  try {
    return placeOf(text)
  } catch (cause) {
    if (!SyncError.is(cause)) throw cause
    // What is wrong here is what was written, not the database.
    throw new SyncError(`${where}: ${cause.message}`, 'fix-config', { cause, code: 'config' })
  }
}

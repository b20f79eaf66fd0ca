import { existsSync } from 'node:fs'
import { SyncError } from '@tidemark/core'
import { pathOf } from '@tidemark/destination'
import { passwordsIn } from './secrets.ts'

/** The database a command works on: the path of a file, or `:memory:`. */
export interface Target {
  readonly path: string
  readonly exists: boolean
}

/** What `--destination` says; a relative path counts from the working directory. */
export function askedTarget(asked: string): Target {
  if (passwordsIn(asked).length > 0) {
    throw new SyncError(
      `--destination holds a password, which everyone on this machine can read while it runs; write destination: env('DATABASE_URL') into the config instead`,
      'fix-config',
    )
  }
  return targetAt(asked, '--destination')
}

/** What the config says, or the default; a relative path counts from the project folder, where the process is by now. */
export function configuredTarget(configured: string | undefined): Target {
  return targetAt(configured ?? 'data/tidemark.db', 'destination')
}

function targetAt(text: string, where: string): Target {
  try {
    const path = pathOf(text)
    return { path, exists: path !== ':memory:' && existsSync(path) }
  } catch (cause) {
    if (!SyncError.is(cause)) throw cause
    // What is wrong here is what was written, not the database.
    throw new SyncError(`${where}: ${cause.message}`, 'fix-config', { cause, code: 'config' })
  }
}

import { dirname } from 'node:path'

/**
 * Has SQLite keep what does not fit into memory beside the database, unless `SQLITE_TMPDIR` says another place: it holds
 * rows, a service may write nowhere else, and a temporary folder is often small. Where that folder cannot be written SQLite
 * takes the system's. The first database of a process says it.
 */
export function temporaryBeside(path: string): void {
  if (path !== ':memory:') process.env['SQLITE_TMPDIR'] ||= dirname(path)
}

/** Where SQLite looks for room: as in its own code. */
export function temporaryFolders(): readonly string[] {
  const { SQLITE_TMPDIR, TMPDIR } = process.env
  return [SQLITE_TMPDIR ?? '', TMPDIR ?? '', '/var/tmp', '/usr/tmp', '/tmp'].filter((one) => one !== '')
}

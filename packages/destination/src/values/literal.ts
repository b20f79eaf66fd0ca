import { SyncError } from '@tidemark/core'

/** A text in SQL. Both databases read a doubled quote as one, and nothing else in it. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new SyncError('a table name cannot hold a NUL character', 'fix-config')
  return `'${text.replaceAll("'", "''")}'`
}

/** A name in SQL. */
export function quotedName(name: string): string {
  if (name.includes('\0')) throw new SyncError('a table name cannot hold a NUL character', 'fix-config')
  return `"${name.replaceAll('"', '""')}"`
}

/** A whole number in SQL. */
export function whole(number: number): string {
  if (!Number.isSafeInteger(number)) throw new SyncError(`${number} is not a whole number`, 'fix-config')
  return String(number)
}

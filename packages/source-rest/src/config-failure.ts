import { SyncError } from '@tidemark/core'

/** What of a table's config such a failure is about. Here its user wrote what elsewhere is code, so there is no author to tell. */
const ABOUT: Readonly<Record<string, string>> = {
  'not-json': 'check its path, the baseUrl and the authorization',
  'not-csv': 'check its format and its path',
  'error-body': 'check its rows, none, single, success, failure and errors',
  paging: 'check its pagination and total and, if it is ordered, its params',
  redirect: 'check its path and the baseUrl',
  encoding: 'the API declares the wrong encoding for its answers; no setting in the config fixes this',
}

/** Turns a failure that the author of an API source would fix into what the user of this source can do. */
export function configFailure(error: unknown, table: string): unknown {
  if (!SyncError.is(error) || error.remedy !== 'fix-source' || error.code === undefined) return error
  const { message, code, cause } = error
  const way = ABOUT[code]
  return way === undefined ? error : new SyncError(`${message}; tables.${table}: ${way}`, 'fix-config', { code, cause })
}

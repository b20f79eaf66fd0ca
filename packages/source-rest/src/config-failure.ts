import { SyncError } from '@tidemark/core'

/** What of a table's config such a failure is about. Here its user wrote what elsewhere is code, so there is no author to tell. */
const ABOUT: Readonly<Record<string, string>> = {
  'not-json': 'look at its path, at the baseUrl and at the authorization',
  'error-body': 'look at its rows, none, single, success, failure and errors',
  paging: 'look at its pagination and total and, where it is ordered, at its params',
  redirect: 'look at its path and at the baseUrl',
  encoding: 'the API answers in a form that it does not declare rightly; there is nothing in the config that helps',
}

/** A failure that an API source's author would mend, as what the user of this one can do. */
export function configFailure(error: unknown, table: string): unknown {
  if (!SyncError.is(error) || error.remedy !== 'fix-source' || error.code === undefined) return error
  const { message, code, cause } = error
  const way = ABOUT[code]
  return way === undefined ? error : new SyncError(`${message}; tables.${table}: ${way}`, 'fix-config', { code, cause })
}

import { byLink, pages } from '@tidemark/http'
import { type GitHub, PAGE, READ_WAIT_MS } from './github-client.ts'
import type { Raw } from './raw.ts'
import { pathOf, type Repository } from './repository.ts'
import type { UpdatedList } from './updated-list.ts'

export type RawPull = Raw['pull-request-simple']
export const PULLS: UpdatedList = { path: 'pulls', query: { state: 'all' } }

export interface PullQuestion {
  readonly client: GitHub
  readonly partition: Repository
  readonly from: string | undefined
  readonly signal: AbortSignal
}

/**
 * Pull requests that were updated since, the newest first: this list takes no `since`. What is updated meanwhile comes to
 * the front, where the next run finds it; all others only move back, so none is passed over, and some come twice.
 */
export async function* pullsSince({
  client,
  partition,
  from,
  signal,
}: PullQuestion): AsyncGenerator<readonly RawPull[]> {
  const request = {
    path: pathOf(partition, PULLS.path),
    query: { ...PULLS.query, sort: 'updated', direction: 'desc', per_page: PAGE },
    longestWaitMs: READ_WAIT_MS,
    signal,
  }
  const since = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from)
  for await (const { rows } of pages<RawPull>(client.http, { request, paging: byLink() })) {
    yield rows
    if (rows.length > 0 && rows.every((row) => Date.parse(row?.updated_at) < since)) return
  }
}

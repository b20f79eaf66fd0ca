import { byLink, reanchored, revisionOf } from '@tidemark/http'
import { type GitHub, PAGE, QUESTION_WAIT_MS } from './github-client.ts'
import { secondsText } from './moment.ts'
import type { Int64 } from './raw.ts'
import { pathOf, type Repository } from './repository.ts'

interface Question {
  readonly client: GitHub
  readonly partition: Repository
  readonly signal: AbortSignal
}

/** A list of a repository that can be sorted by update. */
export interface UpdatedList {
  /** Behind the repository's path. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
}

/** The revision of such a list: what was updated last. Asked with the last answer's ETag, so that no change costs nothing. */
export function newestOf(
  { path, query }: UpdatedList,
  { client, partition, previous, signal }: Question & { readonly previous: string | undefined },
): Promise<string | undefined> {
  const request = {
    path: pathOf(partition, path),
    query: { ...query, sort: 'updated', direction: 'desc', per_page: 1 },
    longestWaitMs: QUESTION_WAIT_MS,
    signal,
  }
  return revisionOf(client.http, request, previous)
}

/** The rows of a list that takes `since`, the oldest first. It moves while it is paged, so each page is asked for by value. */
export async function* updatedSince<T extends { readonly id: Int64; readonly updated_at: string }>(
  { path, query }: UpdatedList,
  { client, partition, from, signal }: Question & { readonly from: string | undefined },
): AsyncGenerator<readonly T[]> {
  const list = reanchored<T>(client.http, {
    from,
    request: (since) => ({
      path: pathOf(partition, path),
      query: {
        ...query,
        sort: 'updated',
        direction: 'asc',
        per_page: PAGE,
        since: since === undefined ? undefined : secondsText(String(since)),
      },
      signal,
    }),
    paging: byLink(),
    cursorOf: (row) => row?.updated_at,
    keyOf: (row) => String(row?.id),
  })
  for await (const page of list) yield page.rows
}

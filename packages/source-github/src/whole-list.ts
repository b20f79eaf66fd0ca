import { SyncError } from '@tidemark/core'
import { byLink, conditional, type ListPage, pages, revisionIn } from '@tidemark/http'
import { type GitHub, PAGE, READ_WAIT_MS } from './github-client.ts'
import type { WholeList } from './page-tags.ts'
import { pathOf, type Repository } from './repository.ts'

interface Question {
  readonly client: GitHub
  readonly partition: Repository
  readonly signal: AbortSignal
}

// A list that still moves after so many readings is left to the next try.
const MOST_READINGS = 3

/**
 * All pages of a list. They are asked for by place, so a row that goes meanwhile makes another pass over the border between
 * two pages, unseen, and what is not seen counts as deleted. So it is asked afterwards whether each page is where it was,
 * by its ETag; where one is not, all are read again.
 */
export async function* wholeList<T>(
  list: WholeList,
  question: Question,
  keyOf: (row: T) => unknown,
): AsyncGenerator<readonly T[]> {
  const { client, partition, signal } = question
  const { path, query, headers, grows, mostPages } = list
  const request = {
    path: pathOf(partition, path),
    query: { ...query, per_page: PAGE },
    headers,
    longestWaitMs: READ_WAIT_MS,
    signal,
  }
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const seen: Seen[] = []
    for await (const page of pages<T>(client.http, { request, paging: byLink() })) {
      yield page.rows
      seen.push(seenOf(page, keyOf))
      if (seen.length === mostPages) break
    }
    const toCheck = seen.length === 1 ? [] : grows === undefined ? seen : seen.slice(-1)
    if (await areStill(toCheck, { client, headers, signal, keyOf })) return
  }
  throw new SyncError(`${client.http.describe(request)}: the list changes faster than it is read`, 'retry', {
    code: 'paging',
  })
}

interface Seen {
  readonly url: string
  readonly tag: string | undefined
  readonly keys: string
}

function seenOf<T>({ rows, answer }: ListPage<T>, keyOf: (row: T) => unknown): Seen {
  return { url: answer.url, tag: revisionIn(answer.headers), keys: rows.map(keyOf).join() }
}

async function areStill<T>(
  seen: readonly Seen[],
  {
    client,
    headers,
    signal,
    keyOf,
  }: Pick<Question, 'client' | 'signal'> & {
    readonly headers: WholeList['headers']
    readonly keyOf: (row: T) => unknown
  },
): Promise<boolean> {
  for (const { url, tag, keys } of seen) {
    const { status, body } = await client.http.get(url, {
      headers: { ...headers, ...conditional(tag) },
      accept: [304],
      longestWaitMs: READ_WAIT_MS,
      signal,
    })
    // A row that is another version of itself, such as a release with more downloads, is still there.
    if (status !== 304 && (!Array.isArray(body) || (body as T[]).map(keyOf).join() !== keys)) return false
  }
  return true
}

import { byLink, byPageNumber, pages } from '@tidemark/http'
import { type GitHub, PAGE, QUESTION_WAIT_MS, READ_WAIT_MS } from './github-client.ts'
import { secondsText } from './moment.ts'
import type { Raw } from './raw.ts'
import { pathOf, type Repository } from './repository.ts'

export type RawCommit = Raw['commit']

export interface CommitsQuestion {
  readonly client: GitHub
  readonly partition: Repository
  readonly signal: AbortSignal
}

/** The commits behind a head whose date lies between two instants, the newest first. A head's history does not move. */
export async function* commitsBehind(
  head: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  { client, partition, signal }: CommitsQuestion,
): AsyncGenerator<readonly RawCommit[]> {
  const request = {
    path: pathOf(partition, 'commits'),
    query: {
      sha: head,
      // Too wide by a second on either side: whether they belong to it is not said.
      since: from === undefined ? undefined : secondsText(Math.max(0, Date.parse(from) - 1000)),
      until: to === undefined ? undefined : secondsText(Date.parse(to) + 1000),
      per_page: PAGE,
    },
    longestWaitMs: READ_WAIT_MS,
    signal,
  }
  for await (const { rows } of pages<RawCommit>(client.http, { request, paging: byLink() })) yield rows
}

/** When a commit was made, in seconds since 1970; NaN where it does not say. */
export const dateOf = (commit: RawCommit): number => Date.parse(commit?.commit?.committer?.date ?? '') / 1000

// Beyond that it is cheaper to read everything again.
const MOST_COMPARED = 10_000

/** The dates of what can be reached from `head` and not from `base`. Undefined: they are not known. */
export async function datesBetween(
  base: string,
  head: string,
  { client, partition, signal }: CommitsQuestion,
): Promise<{ readonly dates: readonly number[]; readonly isAhead: boolean } | undefined> {
  const path = pathOf(partition, `compare/${base}...${head}`)
  const waits = { longestWaitMs: QUESTION_WAIT_MS, signal }
  // A commit that was thrown away, and histories without a common beginning, are not found.
  const first = await client.http.get<Compared>(path, { query: { per_page: PAGE }, accept: [404, 422], ...waits })
  const { status, total_commits: total = Number.POSITIVE_INFINITY } = first.body
  if (first.status !== 200 || total > MOST_COMPARED) return undefined
  const dates = (first.body.commits ?? []).map(dateOf)
  if (dates.length < total) {
    dates.length = 0
    const list = pages<RawCommit>(client.http, {
      request: { path, ...waits },
      paging: byPageNumber({ parameter: 'page', size: { parameter: 'per_page', value: PAGE } }),
      rows: 'commits',
    })
    for await (const { rows } of list) {
      dates.push(...rows.map(dateOf))
      if (dates.length >= total) break
    }
  }
  if (dates.length < total || dates.some(Number.isNaN)) return undefined
  return { dates, isAhead: status === 'ahead' || status === 'identical' }
}

interface Compared {
  readonly status?: string
  readonly total_commits?: number
  readonly commits?: readonly RawCommit[]
}

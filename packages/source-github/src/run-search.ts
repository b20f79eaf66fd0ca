import { type Logger, SyncError } from '@tidemark/core'
import { byLink, type HttpAnswer, pages } from '@tidemark/http'
import { type GitHub, PAGE, READ_WAIT_MS } from './github-client.ts'
import { secondsText } from './moment.ts'
import type { Int64, Raw } from './raw.ts'
import { pathOf, type Repository } from './repository.ts'

export type RawRun = Raw['workflow-run']

// GitHub gives no more rows of one search than this.
const MOST_FOUND = 1000
// A list that still moves after so many readings is left to the next try.
const MOST_READINGS = 4

interface Question {
  readonly client: GitHub
  readonly partition: Repository
  readonly signal: AbortSignal
  readonly log: Logger
}

/** The workflow runs that were created between two seconds, both of them included. A search that finds too many is halved. */
export async function* runsBetween(from: number, to: number, question: Question): AsyncGenerator<readonly RawRun[]> {
  const { client, partition, signal, log } = question
  const request = {
    path: pathOf(partition, 'actions/runs'),
    query: { created: `${secondsText(from * 1000)}..${secondsText(to * 1000)}`, per_page: PAGE },
    longestWaitMs: READ_WAIT_MS,
    signal,
  }
  let before = ''
  for (let reading = 1; reading <= MOST_READINGS; reading++) {
    const seen = new Set<Int64>()
    let found = 0
    const list = pages<RawRun>(client.http, { request, paging: byLink(), rows: 'workflow_runs', total: false })
    for await (const { rows, answer } of list) {
      if (seen.size === 0) found = totalOf(answer)
      if (found > MOST_FOUND && to > from) {
        const middle = Math.floor((from + to) / 2)
        yield* runsBetween(middle + 1, to, question)
        yield* runsBetween(from, middle, question)
        return
      }
      for (const row of rows) seen.add(row?.id)
      yield rows
    }
    // A second cannot be halved: what GitHub does not give of it, nobody can ask for.
    if (found > MOST_FOUND && seen.size >= MOST_FOUND) {
      const rest = found - seen.size
      log.warn(
        `of ${found} workflow runs of ${secondsText(from * 1000)} GitHub lists ${seen.size}; ${rest} are missing`,
      )
      return
    }
    // A run that is deleted meanwhile moves the others up, over the border between two pages. A count that is wrong stays so.
    const now = `${found} ${[...seen].join()}`
    if (seen.size >= found || now === before) return
    before = now
  }
  throw new SyncError(`${client.http.describe(request)}: the list changes faster than it is read`, 'retry', {
    code: 'paging',
  })
}

function totalOf({ body }: HttpAnswer): number {
  const total = (body as { readonly total_count?: unknown } | undefined)?.total_count
  return typeof total === 'number' ? total : 0
}

import { byLink, pages } from '@tidemark/http'
import { z } from 'zod'
import { endOf } from '../end.ts'
import { PAGE } from '../github-client.ts'
import { PULLS, type PullQuestion, pullsSince } from '../pull-list.ts'
import { int64, type Raw, rowsOf, userOf } from '../raw.ts'
import { pathOf } from '../repository.ts'
import { github, repositories } from '../source.ts'
import { newestOf } from '../updated-list.ts'

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  pull_request_number: z.int(),
  /** When the pull request was updated last; every review does that. */
  pull_request_updated_at: z.iso.datetime(),
  state: z.string(),
  body: z.string(),
  commit_id: z.string().nullable(),
  user_login: z.string().nullable(),
  user_id: z.bigint().nullable(),
  author_association: z.string().nullable(),
  submitted_at: z.iso.datetime().nullable(),
  html_url: z.string(),
})

type RawReview = Raw['pull-request-review']
interface Updated {
  readonly number: number
  readonly updated_at: string
}

// Pull requests asked at once.
const AT_ONCE = 4

export const reviews = github.table({
  name: 'reviews',
  row,
  primaryKey: ['id'],
  cursor: 'pull_request_updated_at',
  deletions: 'unseen',
  partitions: repositories,
  // One request per pull request: a backfill that stops continues where it was.
  ordered: 'ascending',
  revision: (question) => newestOf(PULLS, question),
  end: ({ client }) => endOf(client),
  async *read({ to, ...question }) {
    const changed = await changedPulls(question, to)
    for (let at = 0; at < changed.length; at += AT_ONCE) {
      const some = changed.slice(at, at + AT_ONCE)
      const found = await Promise.all(some.map((pull) => reviewsOf(pull, question)))
      yield found.flat()
    }
  },
})

/** The pull requests that were updated in a window, the oldest update first, each as it was when it was seen last. */
async function changedPulls(question: PullQuestion, to: string): Promise<readonly Updated[]> {
  const { from } = question
  const changed = new Map<number, Updated>()
  for await (const page of pullsSince(question)) {
    for (const pull of page) {
      const { number, updated_at } = pull ?? {}
      const at = Date.parse(updated_at)
      if (at >= Date.parse(to) || (from !== undefined && at < Date.parse(from))) continue
      changed.set(number, { number, updated_at })
    }
  }
  return [...changed.values()].sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at))
}

async function reviewsOf(
  { number, updated_at }: Updated,
  { client, partition, signal }: PullQuestion,
): Promise<z.input<typeof row>[]> {
  const request = {
    path: pathOf(partition, `pulls/${number}/reviews`),
    query: { per_page: PAGE },
    signal,
  }
  const rows: z.input<typeof row>[] = []
  for await (const page of pages<RawReview>(client.http, { request, paging: byLink() }))
    rows.push(...rowsOf(page.rows, (raw) => rowOf(raw, { number, updated_at })))
  return rows
}

function rowOf(raw: RawReview, { number, updated_at }: Updated): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    pull_request_number: number,
    pull_request_updated_at: updated_at,
    state: raw.state,
    body: raw.body,
    commit_id: raw.commit_id,
    ...userOf('user', raw.user),
    author_association: raw.author_association ?? null,
    submitted_at: raw.submitted_at ?? null,
    html_url: raw.html_url,
  }
}

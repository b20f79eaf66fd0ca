import { z } from 'zod'
import { endOf } from '../end.ts'
import { int64, numberIn, type Raw, reactionsOf, rowsOf, userOf } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { newestOf, type UpdatedList, updatedSince } from '../updated-list.ts'

const LIST: UpdatedList = { path: 'issues/comments' }

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  /** Of the issue, or of the pull request. */
  issue_number: z.int().nullable(),
  body: z.string().nullable(),
  user_login: z.string().nullable(),
  user_id: z.bigint().nullable(),
  author_association: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  reactions: z.json().nullable(),
  html_url: z.string(),
})

export const issueComments = github.table({
  name: 'issue_comments',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  deletions: 'unseen',
  partitions: repositories,
  ordered: 'ascending',
  revision: (question) => newestOf(LIST, question),
  end: ({ client }) => endOf(client),
  async *read(question) {
    for await (const page of updatedSince<Raw['issue-comment']>(LIST, question)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: Raw['issue-comment']): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    issue_number: numberIn(raw.issue_url),
    body: raw.body ?? null,
    ...userOf('user', raw.user),
    author_association: raw.author_association ?? null,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    reactions: reactionsOf(raw.reactions),
    html_url: raw.html_url,
  }
}

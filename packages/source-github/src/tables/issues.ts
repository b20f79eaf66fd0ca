import { z } from 'zod'
import { endOf } from '../end.ts'
import { int64, type Raw, reactionsOf, rowsOf, userOf } from '../raw.ts'
import type { Repository } from '../repository.ts'
import { github, repositories } from '../source.ts'
import { newestOf, type UpdatedList, updatedSince } from '../updated-list.ts'

const LIST: UpdatedList = { path: 'issues', query: { state: 'all' } }

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  number: z.int(),
  state: z.string(),
  state_reason: z.string().nullable(),
  title: z.string(),
  body: z.string().nullable(),
  /** GitHub counts a pull request as an issue, with the same number. */
  is_pull_request: z.boolean(),
  draft: z.boolean().nullable(),
  user_login: z.string().nullable(),
  user_id: z.bigint().nullable(),
  author_association: z.string().nullable(),
  assignee_login: z.string().nullable(),
  assignee_id: z.bigint().nullable(),
  assignees: z.array(z.string()),
  labels: z.array(z.string()),
  milestone_number: z.int().nullable(),
  milestone_title: z.string().nullable(),
  type: z.string().nullable(),
  locked: z.boolean(),
  active_lock_reason: z.string().nullable(),
  comments: z.int(),
  closed_by_login: z.string().nullable(),
  closed_by_id: z.bigint().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  closed_at: z.iso.datetime().nullable(),
  merged_at: z.iso.datetime().nullable(),
  reactions: z.json().nullable(),
  html_url: z.string(),
})

export const issues = github.table({
  name: 'issues',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  deletions: 'unseen',
  partitions: repositories,
  ordered: 'ascending',
  // Where issues are turned off the list is refused; nothing counts as read until they are turned on.
  revision: (question) => (isOff(question.partition) ? undefined : newestOf(LIST, question)),
  end: ({ client, partition }) => (isOff(partition) ? undefined : endOf(client)),
  async *read(question) {
    for await (const page of updatedSince<Raw['issue']>(LIST, question)) yield rowsOf(page, rowOf)
  },
})

const isOff = ({ found }: Repository): boolean => found?.has_issues === false

function rowOf(raw: Raw['issue']): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    number: raw.number,
    state: raw.state,
    state_reason: raw.state_reason ?? null,
    title: raw.title,
    body: raw.body ?? null,
    is_pull_request: raw.pull_request != null,
    draft: raw.draft ?? null,
    ...userOf('user', raw.user),
    author_association: raw.author_association ?? null,
    ...userOf('assignee', raw.assignee),
    assignees: (raw.assignees ?? []).map((user) => user.login),
    labels: raw.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
    milestone_number: raw.milestone?.number ?? null,
    milestone_title: raw.milestone?.title ?? null,
    type: raw.type?.name ?? null,
    locked: raw.locked,
    active_lock_reason: raw.active_lock_reason ?? null,
    comments: raw.comments,
    ...userOf('closed_by', raw.closed_by),
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    closed_at: raw.closed_at,
    merged_at: raw.pull_request?.merged_at ?? null,
    reactions: reactionsOf(raw.reactions),
    html_url: raw.html_url,
  }
}

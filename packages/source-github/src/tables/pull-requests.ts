import { z } from 'zod'
import { endOf } from '../end.ts'
import { PULLS, pullsSince, type RawPull } from '../pull-list.ts'
import { type Int64, int64, rowsOf, userOf } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { newestOf } from '../updated-list.ts'

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  number: z.int(),
  state: z.string(),
  title: z.string(),
  body: z.string().nullable(),
  draft: z.boolean().nullable(),
  locked: z.boolean(),
  active_lock_reason: z.string().nullable(),
  user_login: z.string().nullable(),
  user_id: z.bigint().nullable(),
  author_association: z.string().nullable(),
  assignee_login: z.string().nullable(),
  assignee_id: z.bigint().nullable(),
  assignees: z.array(z.string()),
  requested_reviewers: z.array(z.string()),
  requested_teams: z.array(z.string()),
  labels: z.array(z.string()),
  milestone_number: z.int().nullable(),
  milestone_title: z.string().nullable(),
  head_ref: z.string(),
  head_sha: z.string(),
  /** NULL where the fork is gone. */
  head_repository: z.string().nullable(),
  head_repository_id: z.bigint().nullable(),
  base_ref: z.string(),
  base_sha: z.string(),
  merge_commit_sha: z.string().nullable(),
  auto_merge: z.json().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  closed_at: z.iso.datetime().nullable(),
  merged_at: z.iso.datetime().nullable(),
  html_url: z.string(),
})

export const pullRequests = github.table({
  name: 'pull_requests',
  row,
  primaryKey: ['id'],
  cursor: 'updated_at',
  deletions: 'unseen',
  partitions: repositories,
  revision: (question) => newestOf(PULLS, question),
  end: ({ client }) => endOf(client),
  async *read(question) {
    for await (const page of pullsSince(question)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: RawPull): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    number: raw.number,
    state: raw.state,
    title: raw.title,
    body: raw.body,
    draft: raw.draft ?? null,
    locked: raw.locked,
    active_lock_reason: raw.active_lock_reason ?? null,
    ...userOf('user', raw.user),
    author_association: raw.author_association ?? null,
    ...userOf('assignee', raw.assignee),
    assignees: (raw.assignees ?? []).map((user) => user.login),
    requested_reviewers: (raw.requested_reviewers ?? []).map((user) => user.login),
    requested_teams: (raw.requested_teams ?? []).map((team) => team.slug),
    labels: (raw.labels ?? []).map((label) => label.name),
    milestone_number: raw.milestone?.number ?? null,
    milestone_title: raw.milestone?.title ?? null,
    head_ref: raw.head?.ref,
    head_sha: raw.head?.sha,
    // The description says that it is always there.
    head_repository: (raw.head?.repo as { full_name: string } | null)?.full_name ?? null,
    head_repository_id: int64((raw.head?.repo as { id: Int64 } | null)?.id ?? null),
    base_ref: raw.base?.ref,
    base_sha: raw.base?.sha,
    merge_commit_sha: raw.merge_commit_sha,
    auto_merge: autoMergeOf(raw.auto_merge),
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    closed_at: raw.closed_at,
    merged_at: raw.merged_at,
    html_url: raw.html_url,
  }
}

function autoMergeOf(raw: RawPull['auto_merge']): Record<string, string | null> | null {
  if (raw === null || raw === undefined) return null
  return {
    enabled_by: raw.enabled_by?.login ?? null,
    merge_method: raw.merge_method,
    commit_title: raw.commit_title ?? null,
    commit_message: raw.commit_message ?? null,
  }
}

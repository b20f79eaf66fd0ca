import { days, minutes } from '@tidemark/core'
import { z } from 'zod'
import { commitsBehind, type RawCommit } from '../commit-list.ts'
import { commitRevision, EMPTY, headOf } from '../commit-revision.ts'
import { endOf } from '../end.ts'
import { rowsOf, userOf } from '../raw.ts'
import { github, repositories } from '../source.ts'

const row = z.object({
  sha: z.string(),
  node_id: z.string(),
  message: z.string(),
  author_name: z.string().nullable(),
  author_email: z.string().nullable(),
  authored_at: z.iso.datetime().nullable(),
  committer_name: z.string().nullable(),
  committer_email: z.string().nullable(),
  committed_at: z.iso.datetime(),
  /** Whom GitHub knows by the address, if anybody. */
  author_login: z.string().nullable(),
  author_id: z.bigint().nullable(),
  committer_login: z.string().nullable(),
  committer_id: z.bigint().nullable(),
  parents: z.array(z.string()),
  tree: z.string(),
  comment_count: z.int(),
  is_verified: z.boolean().nullable(),
  verification_reason: z.string().nullable(),
  html_url: z.string(),
})

export const commits = github.table({
  name: 'commits',
  row,
  primaryKey: ['sha'],
  cursor: 'committed_at',
  immutable: true,
  // What a force push took away lies in windows that the revision calls stale.
  deletions: 'reported',
  partitions: repositories,
  // Dates of git begin here; a backfill without a beginning cannot be read in windows.
  start: '1970-01-01T00:00:00.000Z',
  window: days(5 * 365),
  // What comes with an old date, the revision says.
  minAge: minutes(0),
  // Clocks of GitHub's hosts differ by seconds: an end a little below the last one is not a sign that it went back.
  lookback: minutes(10),
  revision: (question) => commitRevision(question),
  end: ({ client }) => endOf(client),
  async *read({ from, to, ...question }) {
    const { client, partition } = question
    const head = client.heads.get(partition.id) ?? (await headOf(question)).head
    if (head === EMPTY) return
    for await (const page of commitsBehind(head, { from, to }, question)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: RawCommit): z.input<typeof row> {
  const { author, committer, message, tree, comment_count, verification } = raw.commit ?? {}
  return {
    sha: raw.sha,
    node_id: raw.node_id,
    message,
    author_name: author?.name ?? null,
    author_email: author?.email ?? null,
    authored_at: author?.date ?? null,
    committer_name: committer?.name ?? null,
    committer_email: committer?.email ?? null,
    // A commit without a date has no cursor, so it becomes a rejected row.
    committed_at: committer?.date as string,
    ...userOf('author', raw.author as Parameters<typeof userOf>[1]),
    ...userOf('committer', raw.committer as Parameters<typeof userOf>[1]),
    parents: (raw.parents ?? []).map((parent) => parent.sha),
    tree: tree?.sha,
    comment_count,
    is_verified: verification?.verified ?? null,
    verification_reason: verification?.reason ?? null,
    html_url: raw.html_url,
  }
}

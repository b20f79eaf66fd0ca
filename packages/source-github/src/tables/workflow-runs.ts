import { type Changed, days, minutes } from '@tidemark/core'
import { revisionOf } from '@tidemark/http'
import { z } from 'zod'
import { endOf } from '../end.ts'
import { PAGE, QUESTION_WAIT_MS } from '../github-client.ts'
import { int64, type Raw, rowsOf, userOf } from '../raw.ts'
import { pathOf } from '../repository.ts'
import { type RawRun, runsBetween } from '../run-search.ts'
import { github, repositories } from '../source.ts'

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  name: z.string().nullable(),
  display_title: z.string(),
  run_number: z.int(),
  run_attempt: z.int().nullable(),
  event: z.string(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  workflow_id: z.bigint(),
  path: z.string(),
  head_branch: z.string().nullable(),
  head_sha: z.string(),
  head_repository: z.string().nullable(),
  head_repository_id: z.bigint().nullable(),
  actor_login: z.string().nullable(),
  actor_id: z.bigint().nullable(),
  triggering_actor_login: z.string().nullable(),
  triggering_actor_id: z.bigint().nullable(),
  pull_requests: z.array(z.int()),
  check_suite_id: z.bigint().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  run_started_at: z.iso.datetime().nullable(),
  html_url: z.string(),
})

const DAY_MS = 86_400_000
/** A run may be started again for 30 days, and waits for a day or two. */
const CHANGES_FOR = 32
/** Before this there was nothing of the kind. */
const FIRST = '2018-10-01T00:00:00.000Z'

export const workflowRuns = github.table({
  name: 'workflow_runs',
  row,
  primaryKey: ['id'],
  cursor: 'created_at',
  deletions: 'unseen',
  partitions: repositories,
  start: ({ partition }) => {
    const created = partition.found?.created_at ?? FIRST
    return Date.parse(created) > Date.parse(FIRST) ? created : FIRST
  },
  window: days(365),
  // Most runs end within a day; and what comes late is seen there.
  lookback: days(1),
  // So the revision is kept at once, also where it is another one with every sync.
  minAge: minutes(0),
  async revision({ client, partition, previous, signal }): Promise<Changed<string> | undefined> {
    const [, day, tag] = /^day:(\S+) (.*)$/.exec(previous ?? '') ?? []
    const query = { per_page: PAGE }
    const request = { path: pathOf(partition, 'actions/runs'), query, longestWaitMs: QUESTION_WAIT_MS, signal }
    const newest = await revisionOf(client.http, request, tag)
    if (newest === undefined) return undefined
    const now = client.now()
    const today = now.toISOString().slice(0, 10)
    // Of runs that change later than the lookback sees, nothing tells: once a day they are asked again.
    const from = new Date(now.getTime() - CHANGES_FOR * DAY_MS).toISOString()
    return { revision: `day:${today} ${newest}`, stale: day === today ? [] : [{ from, to: now.toISOString() }] }
  },
  end: ({ client }) => endOf(client),
  async *read({ from, to, ...question }) {
    const first = Math.floor(Date.parse(from ?? FIRST) / 1000)
    const last = Math.ceil(Date.parse(to) / 1000)
    for await (const page of runsBetween(first, last, question)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: RawRun): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    name: raw.name ?? null,
    display_title: raw.display_title,
    run_number: raw.run_number,
    run_attempt: raw.run_attempt ?? null,
    event: raw.event,
    status: raw.status,
    conclusion: raw.conclusion,
    workflow_id: int64(raw.workflow_id),
    path: raw.path,
    head_branch: raw.head_branch,
    head_sha: raw.head_sha,
    head_repository: (raw.head_repository as Raw['minimal-repository'] | null)?.full_name ?? null,
    head_repository_id: int64(raw.head_repository?.id ?? raw.head_repository_id ?? null),
    ...userOf('actor', raw.actor),
    ...userOf('triggering_actor', raw.triggering_actor),
    pull_requests: (raw.pull_requests ?? []).map((pull) => pull.number),
    check_suite_id: int64(raw.check_suite_id ?? null),
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    run_started_at: raw.run_started_at ?? null,
    html_url: raw.html_url,
  }
}

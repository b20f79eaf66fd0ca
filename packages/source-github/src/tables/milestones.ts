import { z } from 'zod'
import { countOf, tagsOf, type WholeList } from '../page-tags.ts'
import { int64, type Raw, rowsOf, userOf } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { wholeList } from '../whole-list.ts'

const LIST: WholeList = { path: 'milestones', query: { state: 'all' } }

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  number: z.int(),
  state: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  creator_login: z.string().nullable(),
  creator_id: z.bigint().nullable(),
  open_issues: z.int(),
  closed_issues: z.int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  closed_at: z.iso.datetime().nullable(),
  due_on: z.iso.datetime().nullable(),
  html_url: z.string(),
})

export const milestones = github.table({
  name: 'milestones',
  row,
  primaryKey: ['id'],
  partitions: repositories,
  revision: (question) => tagsOf(LIST, question),
  countRows: (question) => countOf(LIST, question),
  async *read(question) {
    for await (const page of wholeList<Raw['milestone']>(LIST, question, (one) => one?.id)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: Raw['milestone']): z.input<typeof row> {
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    number: raw.number,
    state: raw.state,
    title: raw.title,
    description: raw.description,
    ...userOf('creator', raw.creator),
    open_issues: raw.open_issues,
    closed_issues: raw.closed_issues,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    closed_at: raw.closed_at,
    due_on: raw.due_on,
    html_url: raw.html_url,
  }
}

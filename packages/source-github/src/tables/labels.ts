import { z } from 'zod'
import { countOf, tagsOf, type WholeList } from '../page-tags.ts'
import { int64, type Raw, rowsOf } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { wholeList } from '../whole-list.ts'

const LIST: WholeList = { path: 'labels' }

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  color: z.string(),
  /** One of those that every new repository has. */
  default: z.boolean(),
})

export const labels = github.table({
  name: 'labels',
  row,
  primaryKey: ['id'],
  partitions: repositories,
  revision: (question) => tagsOf(LIST, question),
  countRows: (question) => countOf(LIST, question),
  async *read(question) {
    for await (const page of wholeList<Raw['label']>(LIST, question, (one) => one?.id)) yield rowsOf(page, rowOf)
  },
})

function rowOf({ id, node_id, name, description, color, ...raw }: Raw['label']): z.input<typeof row> {
  return { id: int64(id), node_id, name, description, color, default: raw.default }
}

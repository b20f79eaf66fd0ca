import { z } from 'zod'
import { int64, type RawRepository, userOf } from '../raw.ts'
import { github } from '../source.ts'

const row = z.object({
  id: z.bigint(),
  /** What `_partition` of the other tables holds: the id as text. */
  partition: z.string(),
  node_id: z.string(),
  full_name: z.string(),
  name: z.string(),
  owner_login: z.string().nullable(),
  owner_id: z.bigint().nullable(),
  description: z.string().nullable(),
  homepage: z.string().nullable(),
  language: z.string().nullable(),
  topics: z.array(z.string()),
  license: z.string().nullable(),
  default_branch: z.string().nullable(),
  visibility: z.string().nullable(),
  private: z.boolean(),
  fork: z.boolean(),
  archived: z.boolean().nullable(),
  disabled: z.boolean().nullable(),
  has_issues: z.boolean().nullable(),
  stargazers_count: z.int().nullable(),
  forks_count: z.int().nullable(),
  open_issues_count: z.int().nullable(),
  size: z.int().nullable(),
  created_at: z.iso.datetime().nullable(),
  updated_at: z.iso.datetime().nullable(),
  pushed_at: z.iso.datetime().nullable(),
  html_url: z.string(),
})

export const repositoriesTable = github.table({
  name: 'repositories',
  row,
  primaryKey: ['id'],
  async *read({ client, signal }) {
    const all = await client.repositories(signal)
    yield all.flatMap(({ found }) => (found === undefined ? [] : [rowOf(found)]))
  },
})

function rowOf(raw: RawRepository): z.input<typeof row> {
  return {
    id: int64(raw.id),
    partition: String(raw.id),
    node_id: raw.node_id,
    full_name: raw.full_name,
    name: raw.name,
    ...userOf('owner', raw.owner),
    description: raw.description,
    homepage: raw.homepage ?? null,
    language: raw.language ?? null,
    topics: raw.topics ?? [],
    license: raw.license?.spdx_id ?? null,
    default_branch: raw.default_branch ?? null,
    visibility: raw.visibility ?? null,
    private: raw.private,
    fork: raw.fork,
    archived: raw.archived ?? null,
    disabled: raw.disabled ?? null,
    has_issues: raw.has_issues ?? null,
    stargazers_count: raw.stargazers_count ?? null,
    forks_count: raw.forks_count ?? null,
    open_issues_count: raw.open_issues_count ?? null,
    size: raw.size ?? null,
    created_at: raw.created_at ?? null,
    updated_at: raw.updated_at ?? null,
    pushed_at: raw.pushed_at ?? null,
    html_url: raw.html_url,
  }
}

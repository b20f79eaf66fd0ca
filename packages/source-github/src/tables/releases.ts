import { z } from 'zod'
import { countOf, tagsOf, type WholeList } from '../page-tags.ts'
import { int64, type Raw, reactionsOf, rowsOf, userOf } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { wholeList } from '../whole-list.ts'

const LIST: WholeList = { path: 'releases' }

const row = z.object({
  id: z.bigint(),
  node_id: z.string(),
  tag_name: z.string(),
  target_commitish: z.string(),
  name: z.string().nullable(),
  body: z.string().nullable(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  immutable: z.boolean().nullable(),
  author_login: z.string().nullable(),
  author_id: z.bigint().nullable(),
  created_at: z.iso.datetime(),
  published_at: z.iso.datetime().nullable(),
  updated_at: z.iso.datetime().nullable(),
  assets: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      label: z.string().nullable(),
      state: z.string(),
      content_type: z.string(),
      size: z.int(),
      digest: z.string().nullable(),
      download_count: z.int(),
      created_at: z.string(),
      updated_at: z.string(),
      uploader: z.string().nullable(),
      url: z.string(),
    }),
  ),
  /** Of all its assets. */
  download_count: z.int(),
  reactions: z.json().nullable(),
  html_url: z.string(),
})

export const releases = github.table({
  name: 'releases',
  row,
  primaryKey: ['id'],
  partitions: repositories,
  revision: (question) => tagsOf(LIST, question),
  countRows: (question) => countOf(LIST, question),
  async *read(question) {
    for await (const page of wholeList<Raw['release']>(LIST, question, (one) => one?.id)) yield rowsOf(page, rowOf)
  },
})

function rowOf(raw: Raw['release']): z.input<typeof row> {
  const assets = (raw.assets ?? []).map(assetOf)
  return {
    id: int64(raw.id),
    node_id: raw.node_id,
    tag_name: raw.tag_name,
    target_commitish: raw.target_commitish,
    name: raw.name,
    body: raw.body ?? null,
    draft: raw.draft,
    prerelease: raw.prerelease,
    immutable: raw.immutable ?? null,
    ...userOf('author', raw.author),
    created_at: raw.created_at,
    published_at: raw.published_at,
    updated_at: raw.updated_at ?? null,
    assets,
    download_count: assets.reduce((sum, asset) => sum + asset.download_count, 0),
    reactions: reactionsOf(raw.reactions),
    html_url: raw.html_url,
  }
}

function assetOf(raw: Raw['release-asset']): z.input<typeof row>['assets'][number] {
  return {
    id: raw.id,
    name: raw.name,
    label: raw.label,
    state: raw.state,
    content_type: raw.content_type,
    size: raw.size,
    digest: raw.digest ?? null,
    download_count: raw.download_count,
    created_at: raw.created_at,
    updated_at: raw.updated_at,
    uploader: raw.uploader?.login ?? null,
    url: raw.browser_download_url,
  }
}

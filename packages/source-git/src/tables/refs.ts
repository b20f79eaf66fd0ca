import { z } from 'zod'
import { pages } from '../pages.ts'
import { type Ref, refsOf, refsRevision } from '../refs.ts'
import { git, repositories } from '../source.ts'

const row = z.object({
  name: z.string().describe('in full, such as `refs/heads/main`; also `HEAD`, that of the main worktree'),
  kind: z.enum(['head', 'branch', 'tag', 'remote', 'other']).describe('`head`, `branch`, `tag`, `remote`, `other`'),
  sha: z.string().describe('the object that the ref points to: for an annotated tag, the tag itself'),
  type: z.enum(['commit', 'tag', 'tree', 'blob']).describe('type of that object: `commit`, `tag`, `tree`, `blob`'),
  commit_sha: z.string().nullable().describe('the commit that it leads to; null for a tag of a file or a tree'),
  target: z.string().nullable().describe('the ref that a symbolic ref points to, else null'),
  is_head: z.boolean().describe('whether HEAD points to it'),
  tagger_name: z.string().nullable().describe('of annotated tags'),
  tagger_email: z.string().nullable().describe('of annotated tags'),
  tagged_at: z.iso.datetime().nullable().describe('of annotated tags'),
})

export const refs = git.table({
  name: 'refs',
  row,
  primaryKey: ['name'],
  partitions: repositories,
  revision: ({ client, partition, signal }) => refsRevision(client, partition, signal),
  async *read({ client, partition, signal }) {
    yield* pages(rowsOf(refsOf(client, partition, signal)))
  },
})

async function* rowsOf(refs: AsyncIterable<readonly Ref[]>): AsyncGenerator<Iterable<z.input<typeof row>>> {
  for await (const some of refs) yield some.map(rowOf)
}

function rowOf(ref: Ref): z.input<typeof row> {
  const { name, kind, sha, type, target } = ref
  return {
    name,
    kind,
    sha,
    type,
    commit_sha: ref.commitSha,
    target,
    is_head: ref.isHead,
    tagger_name: ref.taggerName,
    tagger_email: ref.taggerEmail,
    tagged_at: ref.taggedAt,
  }
}

import { z } from 'zod'
import { pages } from '../pages.ts'
import { type Ref, refsOf, refsRevision } from '../refs.ts'
import { git, repositories } from '../source.ts'

const row = z.object({
  /** The full name, such as `refs/heads/main`, or `HEAD`. */
  name: z.string(),
  kind: z.enum(['head', 'branch', 'tag', 'remote', 'other']),
  /** The object it stands at: of an annotated tag the tag itself. */
  sha: z.string(),
  type: z.enum(['commit', 'tag', 'tree', 'blob']),
  /** The commit it leads to; null for the rare tag of a file or a tree. */
  commit_sha: z.string().nullable(),
  /** The ref that a symbolic one stands for. */
  target: z.string().nullable(),
  /** Whether HEAD stands for it: the branch that is checked out, or the default branch of a bare repository. */
  is_head: z.boolean(),
  tagger_name: z.string().nullable(),
  tagger_email: z.string().nullable(),
  tagged_at: z.iso.datetime().nullable(),
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

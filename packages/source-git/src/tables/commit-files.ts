import { minutes } from '@tidemark/core'
import { z } from 'zod'
import { type Change, changesIn, DIFF } from '../changes.ts'
import { type HistoryQuestion, history } from '../history.ts'
import { pages } from '../pages.ts'
import { shallowCommits } from '../repository.ts'
import { revisionOf } from '../revision.ts'
import { git, repositories } from '../source.ts'
import { isoOf } from '../time.ts'

const row = z.object({
  sha: z.string().describe('of the commit'),
  committed_at: z.iso.datetime().describe('of the commit'),
  path: z.string().describe('path after the commit; for a deleted file, before it'),
  old_path: z.string().nullable().describe('the previous path of a renamed file, else null'),
  status: z
    .string()
    .describe(
      '`A` added, `M` changed, `D` deleted, `R` renamed (at least half of its content is the same), `T` another kind, such as a link',
    ),
  added: z.int().nullable().describe('lines; null for binary files'),
  deleted: z.int().nullable().describe('lines; null for binary files'),
})

const TABLE = 'commit_files'

export const commitFiles = git.table({
  name: TABLE,
  row,
  primaryKey: ['sha', 'path'],
  cursor: 'committed_at',
  immutable: true,
  // A commit is a fact: one that a rewritten history no longer has keeps its row.
  deletions: 'unseen',
  partitions: repositories,
  minAge: minutes(0),
  lookback: minutes(0),
  revision: (question) => revisionOf({ table: TABLE, ...question }),
  async *read({ client, partition, from, to, signal }) {
    // Merges are left out, as git log does: what they bring in is counted where it was made.
    const question = { table: TABLE, client, partition, from, to, merges: 'skip' } as const
    const dates = new Map<string, string>()
    const output = client.run(partition, ['diff-tree', ...DIFF], {
      signal,
      input: (stop) => names(question, dates, stop),
    })
    yield* pages(rowsOf(changesIn(output, dates)))
  },
})

/** Names of commits for git, whose dates are kept until their changes come back. */
async function* names(
  question: HistoryQuestion,
  dates: Map<string, string>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  // At the cut of a shallow clone every file looks new: what the commit really changed is not known here.
  const cut = new Set(await shallowCommits(question.partition))
  for await (const page of history(question, signal)) {
    const known = page.filter(({ sha }) => !cut.has(sha))
    for (const { sha, seconds } of known) dates.set(sha, isoOf(seconds))
    yield known.map(({ sha }) => `${sha}\n`).join('')
  }
}

async function* rowsOf(changes: AsyncIterable<readonly Change[]>): AsyncGenerator<Iterable<z.input<typeof row>>> {
  for await (const some of changes) yield some.map(rowOf)
}

function rowOf({ sha, committedAt, path, oldPath, status, added, deleted }: Change): z.input<typeof row> {
  return { sha, committed_at: committedAt, path, old_path: oldPath, status, added, deleted }
}

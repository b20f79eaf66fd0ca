import { minutes } from '@tidemark/core'
import { z } from 'zod'
import { parseCommit } from '../commit.ts'
import { type HistoryQuestion, history } from '../history.ts'
import { BATCH_FORMAT, type GitObject, objectsIn } from '../objects.ts'
import { pages } from '../pages.ts'
import { revisionOf } from '../revision.ts'
import { git, repositories } from '../source.ts'
import { isoOf, isoOrNull } from '../time.ts'

const row = z.object({
  sha: z.string().describe('the hash of the commit'),
  tree: z.string().describe('the hash of its tree'),
  parents: z.array(z.string()).describe('hashes in their order, even if a shallow clone lacks those commits'),
  author_name: z.string().describe('as recorded in the commit; `.mailmap` is not applied'),
  author_email: z.string().describe('as recorded in the commit; `.mailmap` is not applied'),
  authored_at: z.iso.datetime().nullable().describe('null if the commit has no date'),
  author_zone: z.string().nullable().describe('such as `+0200`'),
  committer_name: z.string().describe('as recorded in the commit'),
  committer_email: z.string().describe('as recorded in the commit'),
  // No precision: with a tick of a second a commit of this very second would lie behind the end.
  committed_at: z.iso.datetime().describe('the date of the committer'),
  committer_zone: z.string().nullable().describe('such as `+0200`'),
  subject: z.string().describe('the first paragraph, on one line'),
  body: z.string().describe('the rest; empty if nothing follows'),
})

const TABLE = 'commits'

export const commits = git.table({
  name: TABLE,
  row,
  primaryKey: ['sha'],
  cursor: 'committed_at',
  immutable: true,
  // A commit is a fact: one that a rewritten history no longer has keeps its row.
  deletions: 'unseen',
  partitions: repositories,
  // Commits are there as soon as they are made, and what comes with an old date the revision says.
  minAge: minutes(0),
  lookback: minutes(0),
  revision: (question) => revisionOf({ table: TABLE, ...question }),
  async *read({ client, partition, from, to, signal }) {
    const question = { table: TABLE, client, partition, from, to }
    const args = ['cat-file', `--batch=${BATCH_FORMAT}`, '--buffer']
    const output = client.run(partition, args, { signal, input: (stop) => names(question, stop) })
    yield* pages(rowsOf(objectsIn(output)), ({ subject, body }) => subject.length + body.length)
  },
})

async function* names(question: HistoryQuestion, signal: AbortSignal): AsyncGenerator<string> {
  for await (const page of history(question, signal))
    yield page.map(({ sha, seconds }) => `${sha} ${seconds}\n`).join('')
}

async function* rowsOf(objects: AsyncIterable<readonly GitObject[]>): AsyncGenerator<Iterable<z.input<typeof row>>> {
  for await (const some of objects) yield some.map(rowOf)
}

function rowOf({ sha, note, bytes }: GitObject): z.input<typeof row> {
  const { tree, parents, author, committer, subject, body } = parseCommit(bytes)
  return {
    sha,
    tree,
    parents: [...parents],
    author_name: author.name,
    author_email: author.email,
    authored_at: isoOrNull(author.seconds),
    author_zone: author.zone,
    committer_name: committer.name,
    committer_email: committer.email,
    // The date by which the walk chose the commit, so that the window and the row never disagree.
    committed_at: isoOf(Number(note)),
    committer_zone: committer.zone,
    subject,
    body,
  }
}

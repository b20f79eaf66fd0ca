import type { Changed, Window } from '@tidemark/core'
import { conditional, revisionIn } from '@tidemark/http'
import { z } from 'zod'
import { type CommitsQuestion, commitsBehind, dateOf, datesBetween, type RawCommit } from './commit-list.ts'
import { QUESTION_WAIT_MS } from './github-client.ts'
import { isoOf } from './moment.ts'
import { pathOf } from './repository.ts'
import { windowsOf } from './stale.ts'

// What a default branch was: its newest commit (none: an empty repository), the ETag of the answer that said so, and the
// earliest date of a commit that was still to come.
const Seen = z.object({
  v: z.literal(1),
  head: z.string(),
  tag: z.string().optional(),
  next: z.number().optional(),
})
type Seen = z.infer<typeof Seen>

export const EMPTY = ''

/**
 * The revision of the default branch, and the dates of what came into its history and what left it: a merge or a push
 * brings commits with dates that were read long ago, a force push takes some away.
 */
export async function commitRevision(
  question: CommitsQuestion & { readonly previous: string | undefined },
): Promise<Changed<string>> {
  const { client, partition } = question
  const before = readSeen(question.previous)
  const { head, tag } = await headOf(question, before)
  client.heads.set(partition.id, head)
  const now = client.now().getTime() / 1000
  const isDue = before?.next !== undefined && before.next < now
  if (before?.head === head && !isDue) return { revision: textOf({ ...before, tag }), stale: [] }
  const next = head === EMPTY ? undefined : await nextDate(head, now, question)
  const changed = (await changedDates(before?.head, head, question)) ?? [{ from: undefined, to: isoOf(now) }]
  // Its date may have come between the last question and the end that was covered with it.
  const due = before?.next !== undefined && isDue ? [{ from: isoOf(before.next), to: isoOf(now) }] : []
  return { revision: textOf({ v: 1, head, tag, next }), stale: [...changed, ...due] }
}

/** The newest commit of the default branch. */
export async function headOf(
  { client, partition, signal }: CommitsQuestion,
  before?: Pick<Seen, 'head' | 'tag'>,
): Promise<Pick<Seen, 'head' | 'tag'>> {
  const answer = await client.http.get<readonly RawCommit[]>(pathOf(partition, 'commits'), {
    query: { per_page: 1 },
    headers: conditional(before?.tag),
    // GitHub: "Git Repository is empty."
    accept: [304, 409],
    longestWaitMs: QUESTION_WAIT_MS,
    signal,
  })
  if (answer.status === 304 && before !== undefined) return before
  if (answer.status === 409) return { head: EMPTY, tag: undefined }
  return { head: answer.body[0]?.sha ?? EMPTY, tag: revisionIn(answer.headers) }
}

/** The windows of what came and went. Undefined: anything may have. */
async function changedDates(
  before: string | undefined,
  head: string,
  question: CommitsQuestion,
): Promise<readonly Window<string>[] | undefined> {
  if (before === head) return []
  if (before === undefined || before === EMPTY || head === EMPTY) return undefined
  const came = await datesBetween(before, head, question)
  const went = came === undefined || came.isAhead ? { dates: [] } : await datesBetween(head, before, question)
  return came === undefined || went === undefined ? undefined : windowsOf([...came.dates, ...went.dates])
}

/** The earliest date that lies ahead: such a commit is not read before, and nothing else will say when. */
async function nextDate(head: string, now: number, question: CommitsQuestion): Promise<number | undefined> {
  let next: number | undefined
  for await (const rows of commitsBehind(head, { from: isoOf(now), to: undefined }, question)) {
    for (const date of rows.map(dateOf)) if (date >= now) next = Math.min(date, next ?? date)
  }
  return next
}

const textOf = (seen: Seen): string => JSON.stringify(seen)

function readSeen(text: string | undefined): Seen | undefined {
  if (text === undefined) return undefined
  try {
    return Seen.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

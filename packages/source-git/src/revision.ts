import type { Changed, Window } from '@tidemark/core'
import type { Git } from './git.ts'
import { type HistorySnapshot, readSeen, writeSeen } from './history-snapshot.ts'
import { type Repository, shallowCommits } from './repository.ts'
import { StaleWindows } from './stale-windows.ts'
import { tipsOf, type Visit, type Walk, walk } from './walk.ts'

export interface RevisionQuestion {
  readonly table: string
  readonly client: Git
  readonly partition: Repository
  readonly previous: string | undefined
  readonly signal: AbortSignal
}

/**
 * The revision of a repository's history, and the dates of what is new in it.
 *
 * Three things make it new: tips from which commits can be reached that could not be before; the cut of a shallow clone
 * that moved; and a commit dated ahead of the clock whose date has come. Whatever is new may have any date, also one in
 * a window that was read long ago, so its dates are stale.
 */
export async function revisionOf({
  table,
  client,
  partition,
  previous,
  signal,
}: RevisionQuestion): Promise<Changed<string>> {
  const tips = await tipsOf(client, partition, signal)
  client.answeredFor(
    table,
    partition,
    tips.map((tip) => tip.sha),
  )
  const shallow = await shallowCommits(partition)
  // Later than the tips, so that what was just committed is already due; before the engine takes the end of its windows.
  const now = client.now() / 1000
  const asked = { client, partition, signal }
  const seen = { tips: await frontier(tips, asked), shallow }
  const before = readSeen(previous)
  const isDue = before?.next !== undefined && before.next < now
  if (before !== undefined && !isDue && isSame(before, seen))
    return { revision: writeSeen({ ...seen, next: before.next }), stale: [] }

  const news = new NewCommits(now, isDue ? undefined : before?.next)
  if (before === undefined || isDue) {
    const since = before?.next ?? Number.POSITIVE_INFINITY
    for await (const page of walk(client, partition, { from: seen.tips }, signal)) news.add(page, since)
  }
  if (before !== undefined) {
    for (const from of newIn(seen, before)) {
      for await (const page of walk(client, partition, from, signal)) news.add(page)
    }
  }
  // Without a revision to compare with, anything may have come since the windows that are covered were read.
  const stale: readonly Window<string>[] =
    before === undefined ? [{ from: undefined, to: new Date(now * 1000).toISOString() }] : news.stale.windows()
  return { revision: writeSeen({ ...seen, next: news.next }), stale }
}

/** The dates of what is new: those that are due are stale, of the others the first is remembered. */
class NewCommits {
  readonly stale = new StaleWindows()
  next: number | undefined
  readonly #now: number

  constructor(now: number, next: number | undefined) {
    this.#now = now
    this.next = next
  }

  /** @param since Dates before it were read when they were due. */
  add(page: readonly Visit[], since = Number.NEGATIVE_INFINITY): void {
    for (const { seconds } of page) {
      if (seconds >= this.#now) this.next = Math.min(seconds, this.next ?? seconds)
      else if (seconds >= since) this.stale.add(seconds)
    }
  }
}

/** Where to walk to meet everything that can be seen now and could not before. */
function newIn(seen: Omit<HistorySnapshot, 'next'>, before: HistorySnapshot): readonly Walk[] {
  const cut = new Set(seen.shallow)
  // A commit that is no longer the cut has parents again; all behind it is new, and so are its own changes.
  const opened = before.shallow.filter((sha) => !cut.has(sha))
  return [{ from: seen.tips, not: before.tips }, { from: opened }]
}

function isSame(before: HistorySnapshot, seen: Omit<HistorySnapshot, 'next'>): boolean {
  return writeSeen({ ...before, next: undefined }) === writeSeen({ ...seen, next: undefined })
}

// So many tips are kept as they are.
const MAX_TIPS_KEPT = 256

/**
 * Tips from which all others can be reached, so that thousands of tags do not become a revision of thousands of hashes:
 * the newest ones, and those that cannot be reached from these.
 */
async function frontier(
  tips: readonly Visit[],
  { client, partition, signal }: { client: Git; partition: Repository; signal: AbortSignal },
): Promise<readonly string[]> {
  const shas = tips.map((tip) => tip.sha)
  if (shas.length <= MAX_TIPS_KEPT) return shas
  const newest = shas.slice(0, MAX_TIPS_KEPT)
  const others = new Set(shas.slice(MAX_TIPS_KEPT))
  const reached: string[] = []
  for await (const page of walk(client, partition, { from: [...others], not: newest }, signal)) {
    for (const { sha } of page) if (others.has(sha)) reached.push(sha)
  }
  return [...newest, ...reached]
}

import type { Git } from './git.ts'
import type { Repository } from './repository.ts'
import { firstSecondOf } from './time.ts'
import { tipsOf, type Visit, type Walk, walk } from './walk.ts'

export interface HistoryQuestion {
  readonly table: string
  readonly client: Git
  readonly partition: Repository
  readonly from: string | undefined
  readonly to: string
  readonly merges?: Walk['merges']
}

/**
 * The commits of one window: all that refs reach now, and all that the table's revision answered for, whose committer
 * date lies in it.
 */
export async function* history(question: HistoryQuestion, signal: AbortSignal): AsyncGenerator<readonly Visit[]> {
  const { table, client, partition, merges } = question
  const from = question.from === undefined ? Number.NEGATIVE_INFINITY : firstSecondOf(question.from)
  const to = firstSecondOf(question.to)
  const tips = await tipsOf(client, partition, signal)
  const starts = new Set([...tips.map((tip) => tip.sha), ...client.answered(table, partition)])
  for await (const page of walk(client, partition, { from: [...starts], merges }, signal)) {
    const inside = page.filter(({ seconds }) => seconds >= from && seconds < to)
    if (inside.length > 0) yield inside
  }
}

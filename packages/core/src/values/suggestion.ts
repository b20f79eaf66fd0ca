/** As many as a person still reads in a message. */
const MAX_LISTED = 50

/**
 * The end of a message about a name that somebody wrote and nothing has: `did you mean "x"?` where one is near, else the
 * names that there are.
 *
 * @param kind what they are, in the plural: `columns`.
 */
export function suggestion(word: string, known: readonly string[], kind: string): string {
  const near = didYouMean(word, known)
  if (near !== undefined) return `did you mean "${near}"?`
  if (known.length === 0) return `there are no ${kind}`
  const listed = [...known].sort().slice(0, MAX_LISTED).join(', ')
  return `${kind}: ${listed}${known.length > MAX_LISTED ? ` and ${known.length - MAX_LISTED} more` : ''}`
}

/** The nearest of some words, where one is near enough to be a slip of the hand (a third of its letters). */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((one) => ({ one, distance: editDistance(word.toLowerCase(), one.toLowerCase()) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.one.length / 3)) ? best.one : undefined
}

/** Letters to add, drop, change or swap with their neighbour: the optimal string alignment distance, by rows. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) next[j] = Math.min(next[j]!, before[j - 2]! + 1)
    }
    before = row
    row = next
  }
  return row[b.length]!
}

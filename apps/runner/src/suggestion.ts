import { didYouMean } from '@tidemark/engine'

/** `did you mean "x"?` where something is near, else what there is. */
export function suggestion(word: string, known: readonly string[], kind: string): string {
  const near = didYouMean(word, known)
  if (near !== undefined) return `did you mean "${near}"?`
  return known.length === 0 ? `there are no ${kind}` : `${kind}: ${[...known].sort().join(', ')}`
}

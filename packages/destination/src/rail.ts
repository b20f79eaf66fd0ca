import type { Committed, Rail } from '@tidemark/core/engine'

export type Held = Committed['held']

export interface Going {
  /** Rows that this pass would mark or replace away. */
  readonly gone: number
  /** How many rows there were in its scope, and in the whole table; asked only where it matters. */
  ofScope(): number | Promise<number>
  ofTable(): number | Promise<number>
}

/** Whether more would go than the rail lets pass. */
export async function heldBy(rail: Rail | undefined, { gone, ofScope, ofTable }: Going): Promise<Held> {
  if (rail?.limit === undefined || gone === 0) return undefined
  const { share, above } = rail.limit
  const over = (lost: number, of: number) => lost > share * of && of > above
  if (gone > share * above) {
    const of = await ofScope()
    if (over(gone, of)) return { gone, of }
  }
  const lost = rail.goneBefore + gone
  if (lost <= share * above) return undefined
  // What went earlier in this run counts as there: otherwise the rail would close a little more with every step.
  const of = (await ofTable()) + rail.goneBefore
  return over(lost, of) ? { gone: lost, of } : undefined
}

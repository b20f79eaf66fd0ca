import type { SchemaElement } from './parquet-element.ts'

// Beside the values of a leaf stand two numbers for each: how deep in optional and repeated elements something is there, and in
// which of the repeated ones it is the next. A leaf of a required column that repeats nothing has none.

/** The highest of both, which are 0 where nothing is optional or repeated. */
export interface Levels {
  readonly definition: number
  readonly repetition: number
}

/** The levels of the leaves of a column. @param elements the column's own, and all that are below it. */
export function levelsIn(elements: readonly SchemaElement[]): readonly Levels[] {
  const leaves: Levels[] = []
  let at = 0
  const walk = (above: Levels): void => {
    const element = elements[at++]
    if (element === undefined) return
    const { isOptional, isRepeated, isLeaf, children } = element
    const own = {
      definition: above.definition + (isOptional || isRepeated ? 1 : 0),
      repetition: above.repetition + (isRepeated ? 1 : 0),
    }
    if (isLeaf) leaves.push(own)
    else for (let child = 0; child < children; child++) walk(own)
  }
  walk({ definition: 0, repetition: 0 })
  return leaves
}

/** In how many bits each level up to the highest is written. */
export const bitsOf = (highest: number): number => 32 - Math.clz32(highest)

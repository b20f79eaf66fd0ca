/** Chance that can be had again: the same seed gives the same numbers. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number
  /** A whole number from 0 up to, and without, this. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
}

/** A generator of its own (mulberry32, public domain), because the seed alone must reproduce a failure. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return { next, below, pick: (from) => from[below(from.length)]! }
}

/** The seed that the environment asks for, else one of its own; whoever uses it prints it. */
export function seedOf(environment: NodeJS.ProcessEnv): number {
  const asked = environment['TIDEMARK_SEED']
  return asked === undefined ? Math.floor(Math.random() * 1_000_000) : Number(asked)
}

import type { KillFigures } from '../src/crash-harness.ts'

/** The figures of several destinations as one. */
export function addedFigures(all: readonly KillFigures[]): KillFigures {
  const sum = (of: (one: KillFigures) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    seed: all[0]?.seed ?? 0,
    kills: sum((one) => one.kills),
    atFailpoints: sum((one) => one.atFailpoints),
    missed: sum((one) => one.missed),
    until: sum((one) => one.until),
    chunks: { reading: sum((one) => one.chunks.reading), waiting: sum((one) => one.chunks.waiting) },
    violations: all.flatMap((one) => one.violations),
  }
}

import type { StepRef } from '@tidemark/core/engine'
import type { Named, Scope, Target } from './statements.ts'
import { namedOf } from './write.ts'

/** The rows that a step reads or replaces, and what its statements name. */
export interface StepScope {
  readonly named: Named
  readonly scope: Scope
}

export function stepScope({ layout }: Target, step: StepRef, now = 0n): StepScope {
  return {
    named: namedOf({ step }, now),
    scope: {
      partition: layout.partitioned ? step.partition : undefined,
      from: step.window?.from,
      to: step.window?.to,
    },
  }
}

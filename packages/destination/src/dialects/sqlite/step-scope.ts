import type { StepRef } from '@tidemark/core/engine'
import type { Layout } from '../../table/columns.ts'
import { stampText } from '../../values/value-text.ts'
import type { Scope } from './statements.ts'
import type { Named } from './target.ts'

/** The rows that a step reads or replaces, and what its statements name. */
export interface StepScope {
  readonly named: Named
  readonly scope: Scope
}

export function stepScope({ partitioned }: Layout, { beganAt, partition, window }: StepRef, now = 0n): StepScope {
  return {
    named: {
      now: stampText(now),
      began: stampText(beganAt),
      partition,
      from: window?.from ?? null,
      to: window?.to ?? null,
    },
    scope: { partitioned, from: window?.from !== undefined, to: window !== undefined },
  }
}

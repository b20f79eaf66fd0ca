import type { Destination, StepKind } from '@tidemark/core/engine'

/** How long a step of a kind takes in a table on average, in milliseconds. */
export type StepTimes = ReadonlyMap<string, ReadonlyMap<StepKind, number>>

/** By the steps that were read to their end, as far back as records are kept. */
export async function averageStepTimes(destination: Pick<Destination, 'query'>): Promise<StepTimes> {
  const { rows } = await destination.query(
    `select name, kind, sum(steps), sum(duration_ms) from (
      select name, kind, 1 as steps, duration_ms from _tidemark_steps where error is null and ended_at is not null
      union all select name, kind, steps, duration_ms from _tidemark_folded_steps
    ) done group by name, kind`,
  )
  const times = new Map<string, Map<StepKind, number>>()
  for (const [name, kind, steps, ms] of rows) {
    const own = times.get(String(name)) ?? new Map<StepKind, number>()
    times.set(String(name), own.set(kind as StepKind, Number(ms) / Number(steps)))
  }
  return times
}

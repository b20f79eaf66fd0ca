import { type Destination, messageOf, type StepKind, type StepRate, type StepRates } from '@tidemark/core/engine'

type Asked = Pick<Destination, 'query'>

/** By the steps that were read to their end, as far back as records are kept. */
export async function averageStepRates(destination: Asked): Promise<StepRates> {
  const { rows } = await destination.query(
    `select name, kind, sum(steps), sum(duration_ms), sum(rows_read) from (
      select name, kind, 1 as steps, duration_ms, rows_read from _tidemark_steps where error is null and ended_at is not null
      union all select name, kind, steps, duration_ms, rows_read from _tidemark_folded_steps
    ) done group by name, kind`,
  )
  const pages = await averagePages(destination)
  const rates = new Map<string, Map<StepKind, StepRate>>()
  for (const [name, kind, steps, ms, read] of rows) {
    const own = rates.get(String(name)) ?? new Map<StepKind, StepRate>()
    const rate = {
      ms: Number(ms) / Number(steps),
      rows: Number(read) / Number(steps),
      pages: pages.get(`${kind} ${name}`),
    }
    rates.set(String(name), own.set(kind as StepKind, rate))
  }
  return rates
}

/** By kind and table. */
async function averagePages(destination: Asked): Promise<ReadonlyMap<string, number>> {
  try {
    const { rows } = await destination.query('select name, kind, steps, pages from _tidemark_pages')
    return new Map(rows.map(([name, kind, steps, pages]) => [`${kind} ${name}`, Number(pages) / Number(steps)]))
  } catch (error) {
    // No run has counted pages yet.
    if (!messageOf(error).includes('_tidemark_pages')) throw error
    return new Map()
  }
}

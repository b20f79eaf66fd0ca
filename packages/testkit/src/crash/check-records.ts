import type { Destination, State } from '@tidemark/core/engine'
import { CRASH_TABLES, isBad, MINUTE, numbersIn, PARTITIONS, partitionOf, START } from './crash-rows.ts'
import type { VictimLine } from './victim-options.ts'

/** Sums of the records of all steps against what is there: a record lands with its rows or not at all. */
export async function checkRecords(destination: Destination, state: State): Promise<readonly string[]> {
  const violations: string[] = []
  for (const { name, rows } of CRASH_TABLES) {
    const table = `crash_${name}`
    if (state.tables.get(table)?.schema == null) continue
    if (rows === 'immutable') {
      // In one statement, so that it holds while someone writes, too.
      const [there, recorded] = await numbers(
        destination,
        `select (select count(*) from ${table}), (select coalesce(sum(rows_written) - sum(rows_deleted), 0) from _tidemark_steps where name = '${table}')`,
      )
      if (there !== recorded) violations.push(`${table}: ${there} rows, and the step records count ${recorded}`)
    }
    const counts = 'rows_written + rows_unchanged + rows_deduped + rows_trimmed + rows_rejected'
    const [odd] = await numbers(
      destination,
      `select count(*) from _tidemark_steps where name = '${table}' and ended_at is not null and error is null and rows_read <> ${counts}`,
    )
    if (odd !== 0) violations.push(`${table}: ${odd} records that do not add up`)
  }
  return violations
}

async function numbers(destination: Destination, statement: string): Promise<readonly number[]> {
  const { rows } = await destination.query(statement)
  return (rows[0] ?? []).map(Number)
}

/** Every bad row in the covered ranges is a rejected row, exactly once. */
export async function checkRejects(destination: Destination, state: State, until: number): Promise<readonly string[]> {
  const violations: string[] = []
  const { rows } = await destination.query('select name, payload from _tidemark_rejects')
  const found = Map.groupBy(rows, ([name]) => String(name))
  for (const { name, rows: kind, partitioned } of CRASH_TABLES) {
    const known = state.tables.get(`crash_${name}`)
    if (kind === 'generations' || known === undefined) continue
    const ids = (found.get(`crash_${name}`) ?? []).map(([, payload]) =>
      Number((JSON.parse(String(payload)) as { id: number }).id),
    )
    if (new Set(ids).size < ids.length) violations.push(`crash_${name}: rejected rows that are stored twice`)
    for (const partition of partitioned ? PARTITIONS : ['']) {
      for (const { from, to } of known.partitions.get(partition)?.covered ?? []) {
        const minute = (at: bigint): number => Number(at / 1000n - BigInt(START)) / MINUTE
        const bad = numbersIn(from === undefined ? 0 : minute(from), Math.min(until, minute(to))).filter(isBad)
        const own = bad.filter((number) => partition === '' || partitionOf(number) === partition)
        const lost = own.filter((number) => !ids.includes(number))
        if (lost.length > 0)
          violations.push(`crash_${name} ${partition}: the rejected rows of ${lost.join(', ')} are missing`)
      }
    }
  }
  return violations
}

/** What a process said to be committed is in the records, whatever happened to it afterwards. */
export async function checkSaid(destination: Destination, lines: readonly VictimLine[]): Promise<readonly string[]> {
  const said = new Map<string, number>()
  for (const line of lines) {
    if (line.type === 'batch') said.set(`${line.run} ${line.step}`, (said.get(`${line.run} ${line.step}`) ?? 0) + 1)
  }
  if (said.size === 0) return []
  const { rows } = await destination.query('select run, step, batches from _tidemark_steps')
  const kept = new Map(rows.map(([run, step, parts]) => [`${run} ${step}`, Number(parts)]))
  return [...said].flatMap(([step, parts]) =>
    (kept.get(step) ?? 0) >= parts
      ? []
      : [`step ${step}: ${parts} batches were reported as committed, but ${kept.get(step) ?? 0} are`],
  )
}

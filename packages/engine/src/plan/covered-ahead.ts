import { AHEAD, type RecordChunk, type StateRecord, textAt } from '@tidemark/core/engine'
import { COLUMN_TYPE_TRAITS, CURSOR_TYPES } from '@tidemark/core/values'

/** Clocks of sources differ, and a time without an offset may be another day's. */
const DAY = 86_400_000_000n
const TIMES = CURSOR_TYPES.filter((type) => COLUMN_TYPE_TRAITS[type].cursor.counts !== 'numbers')

/** Tables of a written state that are covered beyond the present, for people; not where that is known and is healed. */
export function coveredAhead(chunks: readonly RecordChunk[], now: bigint): readonly string[] {
  const all = (kind: RecordChunk['kind']): readonly StateRecord[] =>
    chunks.flatMap((chunk) => (chunk.kind === kind ? chunk.records : []))
  const types = new Map(all('tables').map(({ name, cursor_type: type }) => [name, type]))
  const healed = all('resyncs').filter(({ reason }) => reason === AHEAD)
  const isHealed = ({ name, partition, to_position: to }: StateRecord): boolean =>
    healed.some(
      (one) => one['name'] === name && one['partition'] === partition && position(one['to_position']) >= position(to),
    )
  const ahead = all('coverage').filter(
    (one) =>
      TIMES.some((type) => types.get(one['name']!) === type) &&
      position(one['to_position']) > now + DAY &&
      !isHealed(one),
  )
  return [...Map.groupBy(ahead, ({ name }) => String(name))].map(([name, some]) => {
    const ends = some.map(({ to_position: to }) => position(to)).sort((a, b) => (a < b ? 1 : -1))
    return `${name} is covered until ${textAt(ends[0]!, { type: 'timestamp', precision: undefined })}`
  })
}

const position = (value: StateRecord[string] | undefined): bigint => (typeof value === 'bigint' ? value : 0n)

import { ALL_KEYS, cutAt, type KeyRangeRef, keyRangeAt, openEnded, positionOf, type Range } from '@tidemark/core/engine'
import type { Finding, Law } from './law.ts'
import type { Opened } from './opened.ts'
import { read } from './reading.ts'
import { cut, missing, shortest } from './row-text.ts'
import type { Subject } from './source-under-test.ts'

/** So many keys are cut at, and behind. */
const CUTS = 6

export const rangesLaw: Law = {
  name: 'ranges',
  says: 'key ranges beside one another give the rows of the whole table, wherever it is cut',
  meaning:
    'a full refresh of a large table reads range by range: a row that is in none of them is marked as deleted, although the source has it.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    for (const table of world.tables(opened)) {
      if (table.keyRanges === undefined) continue
      const subjects = await world.subjectsOf(opened, table)
      if (!subjects.some((subject) => keysIn(subject).length > 1)) {
        findings.push({
          table: table.name,
          example: `there are no two rows with different ${table.keyRanges.column.column} to cut between; give the test two`,
        })
        continue
      }
      for (const subject of subjects) {
        const example = await rangeExample(opened, subject)
        if (example === undefined) continue
        findings.push({ table: table.name, example })
        break
      }
    }
    return findings
  },
}

/** The keys of a partition's rows that a cut may lie at, in their order. */
function keysIn({ table, rows }: Subject): readonly bigint[] {
  const keys = rows.flatMap(({ value }) => {
    const position = positionOf(value?.[table.keyRanges!.column.column], 'integer')
    return position === undefined ? [] : [BigInt(position)]
  })
  return [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1))
}

async function rangeExample(opened: Opened, subject: Subject): Promise<string | undefined> {
  const { table, partition } = subject
  const own = await table.keyRanges!.bounds(opened.question({ partition: partition.value }))
  const asked: unknown[] = own === undefined || own === null ? [] : [...(own as Iterable<unknown>)]
  const odd = asked.find((bound) => positionOf(bound, 'integer') === undefined)
  if (odd !== undefined) return `bounds() returned ${String(odd)}, which is not an integer`
  const keys = keysIn(subject)
  const some = keys.filter((_, at) => at % Math.ceil(keys.length / CUTS) === 0)
  // One at a time shows which cut loses a row; then as the engine cuts it.
  const cuts = [...some.flatMap((key) => [[key], [key + 1n]]), asked.map((bound) => BigInt(bound as bigint))]
  for (const bounds of cuts) {
    const example = await differenceBy(opened, subject, bounds)
    if (example !== undefined) return `${example}: cut at ${bounds.join(', ')}`
  }
  return undefined
}

async function differenceBy(
  opened: Opened,
  { table, partition, rows }: Subject,
  bounds: readonly bigint[],
): Promise<string | undefined> {
  const parts: string[] = []
  for (const range of cutBy(bounds)) {
    const keyRange: KeyRangeRef = { column: table.keyRanges!.column.column, ...openEnded(range) }
    const { rows: some } = await read(opened, table, partition, undefined, {
      keyRange,
      asked: keyRangeAt(keyRange, table.keyRanges!.column),
    })
    parts.push(...some.map(({ text }) => text))
  }
  const whole = rows.map(({ text }) => text)
  const lost = missing(whole, parts)
  if (lost.length > 0) return `the row ${cut(shortest(lost))} is in the whole table but in none of its ranges`
  const more = missing(parts, whole)
  return more.length === 0
    ? undefined
    : `the row ${cut(shortest(more))} is in the ranges more often than in the whole table`
}

function cutBy(bounds: readonly bigint[]): readonly Range[] {
  const ranges: Range[] = []
  let rest: Range | undefined = ALL_KEYS
  for (const bound of bounds.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (rest === undefined) break
    const { below, above }: ReturnType<typeof cutAt> = cutAt(rest, bound)
    if (below !== undefined) ranges.push(below)
    rest = above
  }
  return rest === undefined ? ranges : [...ranges, rest]
}

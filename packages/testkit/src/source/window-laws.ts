import { type Cursor, type Range, type Table, textAt } from '@tidemark/core/engine'
import type { Finding, Law } from './law.ts'
import type { OnePartition, Opened } from './opened.ts'
import { grainOf } from './quiet-run.ts'
import { read } from './reading.ts'
import { cut, missing, shortest, textOf } from './row-text.ts'
import type { Subject } from './source-under-test.ts'

const SPLITS = 8
const SHRINKS = 12

export const windowsLaw: Law = {
  name: 'windows',
  says: '[a, c) gives the rows of [a, b) and of [b, c), for every b',
  meaning:
    'a backfill reads window by window: a row that is in neither of two adjacent windows is lost; a row that is in both can be duplicated.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    for (const table of world.tables(opened)) {
      if (table.cursor === undefined) continue
      const subjects = await world.subjectsOf(opened, table)
      if (!subjects.some(({ points }) => points.length > 1)) {
        findings.push({
          table: table.name,
          example: 'there are no two rows with different cursors to split between; give the test two',
        })
        continue
      }
      for (const subject of subjects) {
        const example = await splitExample(opened, subject)
        if (example === undefined) continue
        findings.push({ table: table.name, example })
        break
      }
    }
    return findings
  },
}

async function splitExample(
  opened: Opened,
  { table, partition, range, points, ...whole }: Subject,
): Promise<string | undefined> {
  if (range === undefined || table.cursor === undefined) return undefined
  const tick = grainOf(points, table.cursor)
  // Bounds that lie on a row, and just behind one: where "since" and "until" are mistaken.
  const bounds = spread(points, SPLITS).flatMap((point) => [point, ceil(point + 1n, tick)])
  for (const bound of new Set(bounds)) {
    if ((range.from !== undefined && bound <= range.from) || bound >= range.to) continue
    // The whole range was read before; where it seems to differ, it is read again, as it is now.
    if ((await differenceAt(opened, table, partition, range, bound, whole)) === undefined) continue
    const broken = await differenceAt(opened, table, partition, range, bound)
    if (broken === undefined) continue
    const least = await shrunk(opened, table, partition, range, bound, points)
    const problem = (await differenceAt(opened, table, partition, least, bound)) ?? broken
    const text = (position: bigint | undefined): string => boundText(position, table.cursor!)
    return `${problem.row} ${problem.is}: a = ${text(least.from)}, b = ${text(bound)}, c = ${text(least.to)}`
  }
  return undefined
}

interface Difference {
  readonly row: string
  readonly is: string
}

async function differenceAt(
  opened: Opened,
  table: Table,
  partition: OnePartition,
  { from, to }: Range,
  bound: bigint,
  known?: Pick<Subject, 'rows' | 'deleted'>,
): Promise<Difference | undefined> {
  const textsOf = ({ rows, deleted }: Pick<Subject, 'rows' | 'deleted'>) => {
    const all = rows.map(({ text }) => text)
    // That a key comes twice is another law's to say; of rows without one each counts.
    return { rows: table.primaryKey.length > 0 ? [...new Set(all)] : all, deleted }
  }
  const texts = async (range: Range) => {
    const { rows, deleted } = await read(opened, table, partition, range)
    return textsOf({ rows, deleted: deleted.map(textOf) })
  }
  const [all, below, above] = [
    known === undefined ? await texts({ from, to }) : textsOf(known),
    await texts({ from, to: bound }),
    await texts({ from: bound, to }),
  ]
  const whole = all.rows
  const parts = [...below.rows, ...above.rows]
  const untold = missing([...new Set(all.deleted)], [...below.deleted, ...above.deleted])
  if (untold.length > 0)
    return { row: `the deletion of ${cut(shortest(untold))}`, is: 'is reported in [a, c) but in neither half' }
  const lost = missing(whole, parts)
  if (lost.length > 0) return { row: `the row ${cut(shortest(lost))}`, is: 'is in [a, c) but in neither half' }
  const more = missing(parts, whole)
  return more.length === 0
    ? undefined
    : { row: `the row ${cut(shortest(more))}`, is: 'is in the halves more often than in [a, c)' }
}

/** The narrowest range around a bound that still breaks the law, as far as a few tries show. */
async function shrunk(
  opened: Opened,
  table: Table,
  partition: OnePartition,
  range: Range,
  bound: bigint,
  points: readonly bigint[],
): Promise<Range> {
  let least = range
  const below = points.filter((point) => point < bound).reverse()
  const above = points.filter((point) => point >= bound)
  const tick = grainOf(points, table.cursor!)
  const tries: Range[] = [...below.slice(0, SHRINKS).map((from) => ({ from: floorTick(from, tick), to: least.to }))]
  for (const one of tries) {
    if (one.from === undefined || one.from >= bound) continue
    if ((await differenceAt(opened, table, partition, one, bound)) !== undefined) {
      least = one
      break
    }
  }
  for (const point of above.slice(0, SHRINKS)) {
    const to = ceil(point + 1n, tick)
    if (to >= least.to || to <= bound) continue
    if ((await differenceAt(opened, table, partition, { from: least.from, to }, bound)) !== undefined)
      return { from: least.from, to }
  }
  return least
}

export const emptyLaw: Law = {
  name: 'empty',
  says: 'a window without rows gives nothing, and does not fail',
  meaning: 'a window without changes fails the table, or produces false rows and deletions.',
  async check(world) {
    await using place = await world.place()
    await using opened = await world.open(place)
    const findings: Finding[] = []
    for (const { table, partition, points, deleted: known } of await world.subjects(opened)) {
      if (table.cursor === undefined) continue
      for (const range of emptyRanges(points, table.cursor)) {
        const text = `[${boundText(range.from, table.cursor)}, ${boundText(range.to, table.cursor)})`
        const add = (example: string): void => void findings.push({ table: table.name, example })
        try {
          const { rows, deleted } = await read(opened, table, partition, range)
          const [row] = rows
          if (row !== undefined) add(`${text} has no row in the full range, but read alone it returns ${cut(row.text)}`)
          const [made] = missing([...new Set(deleted.map(textOf))], known)
          if (made !== undefined) add(`${text} says that ${cut(made)} was deleted, but the full range does not`)
        } catch (error) {
          add(`${text} has no row, but read() threw: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
    }
    return findings
  },
}

/** The smallest and the greatest gap between rows, and the step before the first one. */
function emptyRanges(points: readonly bigint[], cursor: Cursor): readonly Range[] {
  const tick = grainOf(points, cursor)
  const [first] = points
  if (first === undefined) return []
  const gaps = points
    .slice(1)
    .map((to, nth) => ({ from: ceil(points[nth]! + 1n, tick), to: floorTick(to, tick) }))
    .filter(({ from, to }) => to - from >= tick)
    .sort((a, b) => (a.to - a.from < b.to - b.from ? -1 : 1))
  const before = { from: floorTick(first, tick) - tick, to: floorTick(first, tick) }
  return [before, ...gaps.slice(0, 1), ...gaps.slice(1).slice(-1)]
}

/** So many of a list, spread over it. */
function spread(points: readonly bigint[], most: number): readonly bigint[] {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, nth) => points[Math.round((nth * (points.length - 1)) / (most - 1))]!)
}

function floorTick(position: bigint, tick: bigint): bigint {
  return position - (((position % tick) + tick) % tick)
}

function ceil(position: bigint, tick: bigint): bigint {
  const below = floorTick(position, tick)
  return below === position ? position : below + tick
}

function boundText(position: bigint | undefined, cursor: Cursor): string {
  return position === undefined ? 'the beginning' : textAt(position, cursor)
}

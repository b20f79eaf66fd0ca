import { contains, type Destination, type PartitionState, type Range, type State, union } from '@tidemark/core/engine'
import {
  CRASH_TABLES,
  type CrashTable,
  generationOf,
  isBad,
  MINUTE,
  numbersIn,
  PARTITIONS,
  partitionOf,
  rowOf,
  START,
} from './crash-rows.ts'

/** What is found in a destination at one moment, and what of it must be there for ever. */
export interface Found {
  /** By table: every row, as a text. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** By table and partition: what is covered. */
  readonly covered: ReadonlyMap<string, readonly Range[]>
}

const nameOf = (table: CrashTable): string => `crash_${table.name}`
const position = (minute: number): bigint => BigInt(START + minute * MINUTE) * 1000n
const minuteOf = (at: bigint): number => Number(at / 1000n - BigInt(START)) / MINUTE

/** Looks at every table of the crash source: what is covered is there, nothing else is but what the source has, none twice. */
export async function checkTables(
  destination: Destination,
  state: State,
  until: number,
): Promise<{ readonly violations: readonly string[]; readonly found: Found }> {
  const violations: string[] = []
  const rows = new Map<string, ReadonlyMap<string, number>>()
  const covered = new Map<string, readonly Range[]>()
  for (const table of CRASH_TABLES) {
    const name = nameOf(table)
    const known = state.tables.get(name)
    if (known?.facts == null) continue
    const there = await rowsIn(destination, name, table.rows === 'generations')
    rows.set(name, there.texts)
    for (const [text, count] of there.texts) if (count > 1) violations.push(`${name}: ${text} is there ${count} times`)
    if (table.rows === 'generations') {
      violations.push(...checkGeneration(name, there.live, until))
      continue
    }
    for (const partition of table.partitioned ? PARTITIONS : ['']) {
      const ranges = coverageOf(known.partitions.get(partition))
      covered.set(`${name} ${partition}`, ranges)
      for (const { to } of ranges)
        if (to > position(until)) violations.push(`${name} ${partition}: covered beyond what there is`)
      violations.push(...missing(name, partition, ranges, there.texts))
    }
    const all = new Set(numbersIn(0, until).flatMap((number) => (isBad(number) ? [] : [wantedText(number)])))
    for (const text of there.texts.keys())
      if (!all.has(text)) violations.push(`${name}: ${text} is nothing that the source has`)
    if (there.marked > 0) violations.push(`${name}: ${there.marked} rows are marked`)
  }
  return { violations, found: { rows, covered } }
}

function coverageOf(partition: PartitionState | undefined): readonly Range[] {
  return union(partition?.covered ?? [])
}

/** Covered and not there. */
function missing(
  name: string,
  partition: string,
  ranges: readonly Range[],
  there: ReadonlyMap<string, number>,
): readonly string[] {
  const lost: string[] = []
  for (const { from, to } of ranges) {
    for (const number of numbersIn(from === undefined ? 0 : minuteOf(from), minuteOf(to))) {
      if (isBad(number) || (partition !== '' && partitionOf(number) !== partition)) continue
      const text = wantedText(number)
      if (!there.has(text)) lost.push(text)
    }
  }
  return lost.length === 0 ? [] : [`${name} ${partition}: ${lost.length} covered rows are missing, first ${lost[0]}`]
}

/** The same of the table that is read whole, in one statement. */
export async function checkWhole(destination: Destination, state: State, until: number): Promise<readonly string[]> {
  if (state.tables.get('crash_whole')?.facts == null) return []
  const { rows } = await destination.query('select id, at, note from crash_whole where _deleted_at is null')
  return checkGeneration('crash_whole', rows.map(([id, at, note]) => textOf({ id, at, note })).sort(), until)
}

/** A table read whole is one generation and all of it, or was never read. */
function checkGeneration(name: string, live: readonly string[], until: number): readonly string[] {
  const [first] = live
  if (first === undefined) return []
  const generation = Number(/generation (\d+)/.exec(first)?.[1])
  if (!(generation <= until)) return [`${name}: ${first} is of no generation that there was`]
  const wanted = generationOf(generation).map(textOf).sort()
  const same = wanted.length === live.length && wanted.every((text, at) => text === live[at])
  return same ? [] : [`${name}: ${live.length} rows that are not generation ${generation}, or not all of it`]
}

async function rowsIn(destination: Destination, name: string, isWhole: boolean) {
  const texts = new Map<string, number>()
  for await (const row of destination.read(name, { deleted: true })) {
    const text = textOf(row)
    texts.set(text, (texts.get(text) ?? 0) + 1)
  }
  const live: string[] = []
  if (isWhole) for await (const row of destination.read(name)) live.push(textOf(row))
  const { rows } = await destination.query(`select count(*) from ${name} where _deleted_at is not null`)
  return { texts, live: live.sort(), marked: Number(rows[0]?.[0]) }
}

function textOf({ id, at, note }: { readonly id?: unknown; readonly at?: unknown; readonly note?: unknown }): string {
  return `${String(id)} ${instantOf(String(at))} ${String(note)}`
}

const instants = new Map<string, number>()

/** The same instants come again and again: few are read, and all that a look costs is this. */
function instantOf(text: string): number {
  const known = instants.get(text)
  if (known !== undefined) return known
  const instant = Date.parse(text)
  instants.set(text, instant)
  return instant
}

const wanted: string[] = []

/** What the row of a number looks like where it is there. */
function wantedText(number: number): string {
  wanted[number] ??= textOf(rowOf(number))
  return wanted[number]
}

/** Rows of these tables never go, and coverage neither. */
export function checkKept(before: Found, now: Found): readonly string[] {
  const violations: string[] = []
  for (const table of CRASH_TABLES) {
    if (table.rows === 'generations') continue
    const gone = [...(before.rows.get(nameOf(table))?.keys() ?? [])].filter(
      (text) => now.rows.get(nameOf(table))?.has(text) !== true,
    )
    if (gone.length > 0)
      violations.push(`${nameOf(table)}: ${gone.length} rows that were there are gone, first ${gone[0]}`)
  }
  for (const [of, ranges] of before.covered) {
    const later = now.covered.get(of) ?? []
    const isKept = ranges.every(({ from, to }) =>
      later.some((one) => one.to >= to && (one.from === undefined || (from !== undefined && contains(one, from)))),
    )
    if (!isKept) violations.push(`${of}: coverage was taken away`)
  }
  return violations
}

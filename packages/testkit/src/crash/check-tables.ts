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
  /** By table: how often each row is there, by its number. */
  readonly rows: ReadonlyMap<string, Uint8Array>
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
  const rows = new Map<string, Uint8Array>()
  const covered = new Map<string, readonly Range[]>()
  for (const table of CRASH_TABLES) {
    const name = nameOf(table)
    const known = state.tables.get(name)
    if (known?.schema == null) continue
    const there = await rowsIn(destination, name)
    if (table.rows === 'generations') {
      rows.set(name, new Uint8Array())
      violations.push(...twice(name, there), ...checkGeneration(name, liveIn(there), until))
      continue
    }
    const { counts, strange } = counted(there, until)
    rows.set(name, counts)
    violations.push(...strange.map((text) => `${name}: ${text} does not exist at the source`))
    for (const [number, count] of counts.entries())
      if (count > 1) violations.push(`${name}: ${wantedText(number)} is there ${count} times`)
    const marked = there.filter(({ isMarked }) => isMarked).length
    if (marked > 0) violations.push(`${name}: ${marked} rows are marked`)
    for (const partition of table.partitioned ? PARTITIONS : ['']) {
      const ranges = coverageOf(known.partitions.get(partition))
      covered.set(`${name} ${partition}`, ranges)
      for (const { to } of ranges)
        if (to > position(until)) violations.push(`${name} ${partition}: covered beyond the existing rows`)
      violations.push(...missing(name, partition, ranges, counts))
    }
  }
  return { violations, found: { rows, covered } }
}

function coverageOf(partition: PartitionState | undefined): readonly Range[] {
  return union(partition?.covered ?? [])
}

/** Covered and not there. */
function missing(name: string, partition: string, ranges: readonly Range[], there: Uint8Array): readonly string[] {
  const lost = ranges
    .flatMap(({ from, to }) => numbersIn(from === undefined ? 0 : minuteOf(from), minuteOf(to)))
    .filter((number) => isNone(there[number]) && !isBad(number))
    .filter((number) => partition === '' || partitionOf(number) === partition)
  const [first] = lost
  if (first === undefined) return []
  return [`${name} ${partition}: ${lost.length} covered rows are missing, first ${wantedText(first)}`]
}

/** The same of the table that is read whole, in one statement. */
export async function checkWhole(destination: Destination, state: State, until: number): Promise<readonly string[]> {
  if (state.tables.get('crash_whole')?.schema == null) return []
  const { rows } = await destination.query('select id, "at", note from crash_whole where _deleted_at is null')
  return checkGeneration('crash_whole', rows.map(([id, at, note]) => textOf({ id, at, note })).sort(), until)
}

/** A table read whole is one generation and all of it, or was never read. */
function checkGeneration(name: string, live: readonly string[], until: number): readonly string[] {
  const [first] = live
  if (first === undefined) return []
  const generation = Number(/generation (\d+)/.exec(first)?.[1])
  if (!(generation <= until)) return [`${name}: ${first} belongs to no known generation`]
  const wanted = generationOf(generation).map(textOf).sort()
  const same = wanted.length === live.length && wanted.every((text, at) => text === live[at])
  return same ? [] : [`${name}: ${live.length} rows that are not generation ${generation}, or not all of it`]
}

interface RowThere {
  readonly id: number
  readonly text: string
  readonly isMarked: boolean
}

/** In one statement, and not as rows are read elsewhere: after every kill all of them are looked at. */
async function rowsIn(destination: Destination, name: string): Promise<readonly RowThere[]> {
  const { rows } = await destination.query(`select id, "at", note, _deleted_at is null from ${name}`)
  return rows.map(([id, at, note, isLive]) => ({
    id: Number(id),
    text: textOf({ id, at, note }),
    isMarked: !isLive,
  }))
}

const liveIn = (rows: readonly RowThere[]): readonly string[] =>
  rows.flatMap(({ text, isMarked }) => (isMarked ? [] : [text])).sort()

function twice(name: string, rows: readonly RowThere[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { text } of rows) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].flatMap(([text, count]) => (count > 1 ? [`${name}: ${text} is there ${count} times`] : []))
}

const isNone = (count: number | undefined): boolean => count === undefined || count === 0

/** How often each row of the source is there, and what is not a row of it. */
function counted(rows: readonly RowThere[], until: number) {
  const counts = new Uint8Array(numbersIn(0, until).length)
  const strange: string[] = []
  for (const { id, text } of rows) {
    if (id in counts && !isBad(id) && text === wantedText(id)) counts[id]!++
    else strange.push(text)
  }
  return { counts, strange }
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
    const later = now.rows.get(nameOf(table))
    const gone = [...(before.rows.get(nameOf(table)) ?? []).entries()].filter(
      ([number, count]) => count > 0 && isNone(later?.[number]),
    )
    if (gone.length > 0)
      violations.push(`${nameOf(table)}: ${gone.length} existing rows are missing, first ${wantedText(gone[0]![0])}`)
  }
  for (const [of, ranges] of before.covered) {
    const later = now.covered.get(of) ?? []
    const isKept = ranges.every(({ from, to }) =>
      later.some((one) => one.to >= to && (one.from === undefined || (from !== undefined && contains(one, from)))),
    )
    if (!isKept) violations.push(`${of}: coverage was removed`)
  }
  return violations
}

// What the source of the crash harness holds. Every row follows from its number alone, so that whoever checks knows them all.

/** The instant of the first row. */
export const START = Date.parse('2026-01-01T00:00:00Z')
export const MINUTE = 60_000
/** So many rows share each instant: ties on the bounds of windows and pages are the normal case. */
const TIES = 4
export const PARTITIONS = ['amber', 'blue', 'coral'] as const

export interface CrashRow {
  readonly id: number
  readonly at: string
  readonly note: string
}

/** One way in which a table can be read and committed. */
export interface CrashTable {
  readonly name: string
  readonly keyed: boolean
  readonly partitioned: boolean
  /** `immutable`: rows never change. `generations`: read whole, and every row of one read says which one it was. */
  readonly rows: 'immutable' | 'generations'
}

/** One table of each way to commit. */
export const CRASH_TABLES: readonly CrashTable[] = [
  { name: 'keyed', keyed: true, partitioned: false, rows: 'immutable' },
  { name: 'ascending', keyed: true, partitioned: false, rows: 'immutable' },
  { name: 'descending', keyed: true, partitioned: false, rows: 'immutable' },
  { name: 'keyless', keyed: false, partitioned: false, rows: 'immutable' },
  { name: 'parts', keyed: true, partitioned: true, rows: 'immutable' },
  { name: 'whole', keyed: true, partitioned: false, rows: 'generations' },
]

const rows: CrashRow[] = []

/** The same each time that it is asked, because whoever checks asks for all of them after every kill. */
export function rowOf(number: number): CrashRow {
  rows[number] ??= makeRow(number)
  return rows[number]
}

function makeRow(number: number): CrashRow {
  const at = new Date(START + Math.floor(number / TIES) * MINUTE).toISOString()
  return { id: number, at, note: `row ${number}` }
}

/** Rows whose note is not text: each becomes a rejected row. */
export function isBad(number: number): boolean {
  return number % 251 === 7
}

export function partitionOf(number: number): string {
  return PARTITIONS[number % PARTITIONS.length]!
}

/** The numbers of the rows from one minute after the start up to, and without, another. */
export function numbersIn(fromMinute: number, toMinute: number): readonly number[] {
  const first = Math.max(0, Math.ceil(fromMinute)) * TIES
  return Array.from({ length: Math.max(0, Math.ceil(toMinute) * TIES - first) }, (_, at) => first + at)
}

/** How many rows the table that is read whole has. */
const GENERATION_ROWS = 500

/** The whole table as it is when the source has come to this minute: some rows go, some come, all say when. */
export function generationOf(minute: number): readonly CrashRow[] {
  const first = Math.floor(minute / 60)
  return Array.from({ length: GENERATION_ROWS }, (_, at) => ({ ...rowOf(first + at), note: `generation ${minute}` }))
}

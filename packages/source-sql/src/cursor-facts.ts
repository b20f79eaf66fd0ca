import { type Changed, type Duration, milliseconds, minutes, seconds } from '@tidemark/core'
import type { ChosenCursor } from './choose-cursor.ts'
import type { TableConfig } from './config.ts'
import { timeEnd, timeLookback } from './cursor-end.ts'
import type { Asked, Bounds, Clock } from './database.ts'
import { wholeNumber } from './exact.ts'
import type { Drawn, FoundTable } from './found-table.ts'
import { carriesTime, integerLookback } from './integer-lookback.ts'
import { lateRows } from './late-rows.ts'
import { durationMs, spanOf } from './length.ts'
import { microsOf } from './position.ts'
import { isLarge, WINDOW_ROWS } from './range-rows.ts'
import type { Client } from './source.ts'
import { unlessSlow } from './unless-slow.ts'

/** How long the ends of a cursor may be looked for before anything is read. */
const RANGE_MS = 5000
const DAY_MS = 86_400_000

export interface CursorQuestion extends Asked {
  readonly table: FoundTable
  readonly cursor: ChosenCursor
  readonly own: TableConfig | undefined
  readonly client: Client
  readonly clock: () => Promise<Clock>
  /** The table is seen for the first time. */
  readonly isNew: boolean
}

type Span = Duration | number | bigint
type Question = Asked & { readonly client: Client }

/** What a table with a cursor says of it. */
export interface CursorSpec {
  readonly cursor: string
  readonly lookback?: Span
  readonly minAge?: Span
  readonly window?: Span
  readonly ordered?: 'ascending'
  start?(question: Question): Promise<string | bigint | undefined>
  revision?(question: Question & { readonly previous: string | undefined }): Promise<Changed<bigint> | undefined>
  end(question: Question): Promise<string | bigint | undefined>
}

export interface CursorFacts {
  readonly spec: CursorSpec
  /** The window that a read is asked for. */
  bounds(from: string | bigint | undefined, to: string | bigint): Bounds
}

export async function cursorFacts(question: CursorQuestion): Promise<CursorFacts> {
  const { table, cursor, own, client } = question
  const { column, type, indexed } = cursor
  const timeZone = own?.timeZone ?? client.config.timeZone
  const settleMs = own?.minAge === undefined ? 60_000 : durationMs(own.minAge)!
  // The engine takes it off what `end` says. Off a date that would be a whole day, so `end` does it for dates.
  const [settleAfter, settleBefore] = type === 'date' ? [0, settleMs] : [settleMs, 0]
  const window = await windowOf(question)
  const { order } = client.database
  let lastEnd: bigint | undefined
  const ordered = indexed && (order === 'always' || (order === 'large' ? isLong(table) : type === 'integer'))
  const isTime = type !== 'integer'
  const lookback = await lookbackOf(question, timeZone)
  // Asked for with the count of what is below it, and handed on: between the two nothing may come.
  let counted: { readonly end: bigint | undefined } | undefined

  const spec: CursorSpec = {
    cursor: column,
    ...(isTime ? { minAge: milliseconds(settleAfter) } : {}),
    lookback,
    ...(window === undefined ? {} : { window }),
    ...(ordered ? { ordered: 'ascending' as const } : {}),
    ...(window === undefined
      ? {}
      : {
          start: async (asked: Question) =>
            position((await asked.client.database.range(table, column, type, asked))?.min, type),
        }),
    ...(isTime || !indexed || typeof lookback !== 'bigint' || lookback <= 0n
      ? {}
      : {
          async revision({ previous, ...asked }) {
            const { database } = asked.client
            const end = await database.integerEnd(table, column, asked)
            counted = { end }
            if (end === undefined) return undefined
            return await lateRows(table, { ...asked, database, column, lookback, end, previous })
          },
        }),
    async end(asked) {
      const { database } = asked.client
      const known = counted
      counted = undefined
      const end = isTime
        ? timeEnd(type, await database.clock(asked), { timeZone, settleMs: settleBefore })
        : known === undefined
          ? await database.integerEnd(table, column, asked)
          : known.end
      lastEnd = end === undefined ? undefined : microsOf(end)
      return end
    },
  }
  // Rows without a cursor come with the newest window, once a run and not with every window of the backfill.
  const isNewest = (to: string | bigint): boolean =>
    lastEnd !== undefined && microsOf(to) >= lastEnd - (isTime ? BigInt(settleAfter) * 1000n + daySlack(type) : 0n)
  // Read also where they are rejects: a row that nobody hears of is lost.
  const hasNulls = cursor.nullable && own?.nullCursor !== 'skip'
  const { holdsAnything } = client.database
  return {
    spec,
    bounds: (from, to) => {
      const newest = isNewest(to)
      return { column, type, from, to, nulls: hasNulls && newest, strays: holdsAnything && newest, ordered }
    },
  }
}

function daySlack(type: ChosenCursor['type']): bigint {
  return type === 'date' ? BigInt(DAY_MS) * 1000n : 1000n
}

async function lookbackOf(question: CursorQuestion, timeZone: string | undefined): Promise<Span> {
  const { table, cursor, own, clock } = question
  if (cursor.type !== 'integer') {
    if (own?.lookback !== undefined) return spanOf(own.lookback)!
    return cursor.type === 'timestamp' ? minutes(10) : timeLookback(await clock(), timeZone)
  }
  const { drawn } = table.columns.find(({ name }) => name === cursor.column) ?? {}
  const isAsked =
    own?.idTime === undefined && typeof own?.lookback !== 'number' && drawn === undefined && cursor.indexed
  const greatest = isAsked ? await greatestOf(question) : undefined
  if (question.isNew) sayLookback(question, drawn, greatest)
  return integerLookback({ table: table.name, own, drawn, greatest })
}

async function greatestOf(question: CursorQuestion): Promise<bigint | undefined> {
  const { table, cursor, client, signal } = question
  const range = await unlessSlow(RANGE_MS, signal, () =>
    client.database.range(table, cursor.column, 'integer', { ...question, withinMs: RANGE_MS }),
  )
  return range === undefined ? undefined : wholeNumber(range.max)
}

/** What a lookback can and cannot cover, once. */
function sayLookback(
  { table, cursor, own, log }: CursorQuestion,
  drawn: Drawn | undefined,
  greatest: bigint | undefined,
): void {
  const name = `${table.name}: "${cursor.column}"`
  if (own?.lookback !== undefined || own?.idTime !== undefined) return
  if (drawn !== undefined && drawn.stock > 1n)
    log.warn(
      `${name} is allocated in blocks of ${drawn.stock} (CACHE ${drawn.stock}), and a session may use a block much later; each run reads the last ${integerLookback({ table: table.name, own, drawn, greatest })} again and misses rows that arrive later than that; set lookback: … for more, or choose a time as the cursor`,
    )
  if (carriesTime(drawn, greatest))
    log.info(
      `${name} seems to begin with a time, so each run reads its last 10 minutes again; if it does not, set idTime or lookback`,
    )
}

/** More than one window; also where nobody knows. */
function isLong({ rows }: FoundTable): boolean {
  return rows === undefined || isLarge(rows, WINDOW_ROWS)
}

/** A long backfill reads in windows, newest first; without an index each window would scan all rows. */
async function windowOf(question: CursorQuestion): Promise<Span | undefined> {
  const { table, cursor, own, client } = question
  const { type, indexed, column } = cursor
  if (own?.window !== undefined) return spanOf(own.window)
  if (!indexed || table.rows === undefined || !isLong(table)) return undefined
  // A table that is locked, or may not be read, fails by itself when it is read.
  const range = await unlessSlow(RANGE_MS, question.signal, () =>
    client.database.range(table, column, type, { ...question, withinMs: RANGE_MS }),
  )
  if (range === undefined) return undefined
  const count = BigInt(Math.ceil(table.rows / WINDOW_ROWS))
  const length = (microsOf(position(range.max, type)!) - microsOf(position(range.min, type)!)) / count + 1n
  // Not a number: where ids are spread over all 64 bits, it would not be exact.
  if (type === 'integer') return length
  const ms = Number(length / 1000n)
  const step = type === 'date' ? DAY_MS : 60_000
  return seconds((Math.max(1, Math.ceil(ms / step)) * step) / 1000)
}

function position(text: string | undefined, type: ChosenCursor['type']): string | bigint | undefined {
  return text === undefined || type !== 'integer' ? text : wholeNumber(text)
}

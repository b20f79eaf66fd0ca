import { type Duration, milliseconds, minutes, seconds } from '@tidemark/core'
import type { ChosenCursor } from './choose-cursor.ts'
import type { TableConfig } from './config.ts'
import { timeEnd, timeLookback } from './cursor-end.ts'
import type { Asked, Bounds, Clock } from './database.ts'
import type { FoundTable } from './found-table.ts'
import { durationMs, spanOf } from './length.ts'
import type { Client } from './source.ts'

/** Rows of a window that is read in one go: the more, the more is read again when it breaks off. */
const WINDOW_ROWS = 1_000_000
/** Numbers are drawn in one order and committed in another; sequences also give them out in stocks. */
const INTEGER_LOOKBACK = 10_000
const DAY_MS = 86_400_000

export interface CursorQuestion extends Asked {
  readonly table: FoundTable
  readonly cursor: ChosenCursor
  readonly own: TableConfig | undefined
  readonly client: Client
  readonly clock: () => Promise<Clock>
}

type Span = Duration | number | bigint
type Question = Asked & { readonly client: Client }

/** What a table with a cursor says of it. */
export interface CursorSpec {
  readonly cursor: string
  readonly lookback?: Span
  readonly settle?: Span
  readonly window?: Span
  readonly ordered?: 'ascending'
  start?(question: Question): Promise<string | bigint | undefined>
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
  const settleMs = own?.settle === undefined ? 60_000 : durationMs(own.settle)!
  // The engine takes it off what `end` says. Off a date that would be a whole day, so `end` does it for dates.
  const [settleAfter, settleBefore] = type === 'date' ? [0, settleMs] : [settleMs, 0]
  const window = await windowOf(question)
  const { order } = client.database
  let lastEnd: bigint | undefined
  const ordered = indexed && (order === 'always' || (order === 'large' ? isLarge(table) : type === 'integer'))
  const isTime = type !== 'integer'

  const spec: CursorSpec = {
    cursor: column,
    ...(isTime ? { settle: milliseconds(settleAfter) } : {}),
    lookback: spanOf(own?.lookback) ?? (await lookbackOf(question, timeZone)),
    ...(window === undefined ? {} : { window }),
    ...(ordered ? { ordered: 'ascending' as const } : {}),
    ...(window === undefined
      ? {}
      : {
          start: async (asked: Question) =>
            position((await asked.client.database.range(table, column, type, asked))?.min, type),
        }),
    async end(asked) {
      const { database } = asked.client
      const end = isTime
        ? timeEnd(type, await database.clock(asked), { timeZone, settleMs: settleBefore })
        : await database.integerEnd(table, column, asked)
      lastEnd = end === undefined ? undefined : microsOf(end)
      return end
    },
  }
  // Rows without a cursor come with the newest window, once a run and not with every window of the history.
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

async function lookbackOf({ cursor, clock }: CursorQuestion, timeZone: string | undefined): Promise<Span> {
  if (cursor.type === 'integer') return INTEGER_LOOKBACK
  return cursor.type === 'timestamp' ? minutes(10) : timeLookback(await clock(), timeZone)
}

/** More than one window; also where nobody knows. */
function isLarge({ rows }: FoundTable): boolean {
  return rows === undefined || rows > WINDOW_ROWS * 1.5
}

/** A long history is read in windows, newest first; without an index each of them would look at all rows. */
async function windowOf(question: CursorQuestion): Promise<Span | undefined> {
  const { table, cursor, own, client } = question
  const { type, indexed, column } = cursor
  if (own?.window !== undefined) return spanOf(own.window)
  if (!indexed || table.rows === undefined || !isLarge(table)) return undefined
  const range = await client.database.range(table, column, type, question)
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
  return text === undefined || type !== 'integer' ? text : BigInt(text)
}

/** Microseconds of what the engine or a database wrote, or the integer itself. */
function microsOf(value: string | bigint): bigint {
  if (typeof value === 'bigint') return value
  const [seconds, fraction = ''] = value.replace('Z', '').split('.')
  const ms = Date.parse(seconds!.length === 10 ? seconds! : `${seconds}Z`)
  return BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}

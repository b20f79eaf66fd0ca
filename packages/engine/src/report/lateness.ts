import { type Committed, type CursorType, quotedCommand } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'
import { durationText } from '../time/duration-text.ts'

/** How late rows came that a lookback found: after what they belong to was covered. */
export interface Lateness {
  readonly rows: number
  /** The latest of them: so far below the covered end. In the cursor's unit: microseconds, or the count. */
  readonly by: bigint
  /** The lookback. */
  readonly lookback: bigint
}

export function later(a: Lateness | undefined, b: Lateness): Lateness {
  if (a === undefined) return b
  const latest = a.by < b.by ? b : a
  return { ...latest, rows: a.rows + b.rows }
}

/** Rows that come so close to the lookback's end have followers beyond it. */
export function isShort({ by, lookback }: Lateness): boolean {
  return by * 2n > lookback
}

export interface LateTable {
  readonly name: string
  /** Where the config sets the lookback. */
  readonly where: string
  readonly cursor: CursorType
}

/** What to say where a lookback is too short for what was seen. */
export function latenessText({ name, where, cursor }: LateTable, { rows, by, lookback }: Lateness): string {
  const text = (length: bigint): string => (cursor === 'integer' ? String(length) : durationText(length))
  const wanted = cursor === 'integer' ? String(by * 4n) : `'${minutesUp(by * 4n)}m'`
  return `${name}: ${rows === 1 ? 'a row' : `${rows} rows`} arrived up to ${text(by)} late, but the lookback is only ${text(lookback)}: rows that arrive later than that are missed. Set ${where}: ${wanted}, and ${quotedCommand('resync', [name])} reads what was missed`
}

function minutesUp(micros: bigint): bigint {
  return (micros + 59_999_999n) / 60_000_000n
}

/** How far under its window a step looks back; undefined: not at all. */
export function lookedBack({ read, window }: Pick<Step, 'read' | 'window'>): bigint | undefined {
  if (window?.from === undefined || read?.from === undefined || read.from >= window.from) return undefined
  return window.from - read.from
}

/** What a commit says of rows that came late. */
export function latenessOf(
  { lateRows: late }: Committed,
  { window }: Pick<Step, 'window'>,
  lookback: bigint | undefined,
): Lateness | undefined {
  if (late === undefined || lookback === undefined || window?.from === undefined) return undefined
  return { rows: late.rows, by: window.from - late.lowest, lookback }
}

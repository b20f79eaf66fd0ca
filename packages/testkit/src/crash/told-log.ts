import { UNCHANGED } from '@tidemark/core/engine'
import { type Random, randomOf } from './random.ts'

/** A row of the table with a key. */
export interface LogRow {
  readonly id: number
  readonly note: string | null
  readonly total: number
}

/** A row of the table without one: which of a transaction it is. */
export interface AddedRow {
  readonly transaction: number
  readonly nth: number
}

export type LogEntry =
  | {
      readonly op: 'put'
      readonly row: { readonly [K in keyof LogRow]: LogRow[K] | typeof UNCHANGED }
      readonly before: number | undefined
    }
  | { readonly op: 'delete'; readonly id: number }
  | { readonly op: 'truncate' }
  | { readonly op: 'add'; readonly row: AddedRow }

/** So many keys are there at most; a large transaction changes each of them. */
const KEYS = 400
/** More than two batches of a process of the harness. */
const LARGE = 600
const LARGE_EVERY = 20
const TRUNCATED_EVERY = 45

const transactions: (readonly LogEntry[])[] = []
const rows = new Map<number, LogRow>()

/** The transaction of a number, from 0 on. Each follows from its number and from those before, so whoever checks knows them all. */
export function transactionAt(number: number): readonly LogEntry[] {
  while (transactions.length <= number) transactions.push(nextTransaction(transactions.length))
  return transactions[number]!
}

/** Whether a transaction is larger than a batch, so that readers may see a part of it. */
export const isLarge = (number: number): boolean => number % LARGE_EVERY === 9

function nextTransaction(number: number): readonly LogEntry[] {
  const random = randomOf(number + 1)
  const entries: LogEntry[] = []
  const isTruncated = number % TRUNCATED_EVERY === TRUNCATED_EVERY - 1
  if (isTruncated) entries.push({ op: 'truncate' })
  if (isTruncated) rows.clear()
  const changes = isLarge(number) ? LARGE : 1 + random.below(6)
  // Of the large ones every other is written in parts: none of its keys changes.
  const mayChangeKeys = !isLarge(number) || number % (2 * LARGE_EVERY) === 9
  for (let nth = 0; nth < changes; nth++) entries.push(change(number, random, mayChangeKeys))
  const added = isLarge(number) ? LARGE / 2 : random.below(3)
  for (let nth = 0; nth < added; nth++) entries.push({ op: 'add', row: { transaction: number, nth } })
  return entries
}

function change(number: number, random: Random, mayChangeKeys: boolean): LogEntry {
  const id = random.below(KEYS)
  const there = rows.get(id)
  const row: LogRow = { id, note: random.below(5) === 0 ? null : `note ${number} of ${id}`, total: number }
  if (there === undefined) {
    rows.set(id, row)
    return { op: 'put', row, before: undefined }
  }
  if (random.below(5) === 0) {
    rows.delete(id)
    return { op: 'delete', id }
  }
  const free = random.below(KEYS)
  if (mayChangeKeys && random.below(4) === 0 && !rows.has(free)) {
    rows.delete(id)
    rows.set(free, { ...there, id: free })
    return { op: 'put', row: { id: free, note: UNCHANGED, total: UNCHANGED }, before: id }
  }
  rows.set(id, { ...there, total: row.total })
  return { op: 'put', row: { id, note: UNCHANGED, total: row.total }, before: undefined }
}

/** What transactions come to, one entry after the other. */
export class LogFold {
  readonly rows = new Map<number, LogRow>()
  readonly added: AddedRow[] = []

  apply(entry: LogEntry): void {
    switch (entry.op) {
      case 'add':
        this.added.push(entry.row)
        break
      case 'delete':
        this.rows.delete(entry.id)
        break
      case 'truncate':
        this.rows.clear()
        break
      case 'put': {
        const old = this.rows.get(entry.before ?? Number(entry.row.id))
        if (entry.before !== undefined) this.rows.delete(entry.before)
        const { id, note, total } = entry.row
        this.rows.set(Number(id), {
          id: Number(id),
          note: note === UNCHANGED ? old!.note : note,
          total: total === UNCHANGED ? old!.total : total,
        })
      }
    }
  }
}

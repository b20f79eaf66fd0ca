import { UNCHANGED } from '@tidemark/core/engine'
import { type Random, randomOf } from './random.ts'

/** A row of the table that was there before its log began. */
export interface KeptRow {
  readonly id: number
  readonly note: string
  readonly total: number
}

export type KeptEntry =
  | {
      readonly op: 'put'
      readonly row: { readonly [K in keyof KeptRow]: KeptRow[K] | typeof UNCHANGED }
      readonly before: number | undefined
    }
  | { readonly op: 'delete'; readonly id: number }
  | { readonly op: 'truncate' }

/** Keys lie below this. */
export const KEPT_KEYS = 400
/** So many rows are there before the first transaction. */
const FIRST_ROWS = 240
/** A transaction is never larger than a batch of a process of the harness: each is committed with its offset. */
const MAX_CHANGES = 5
const TRUNCATED_EVERY = 110

const first = new Map<number, KeptRow>()
for (let id = 0; id < FIRST_ROWS; id++) first.set(id, { id, note: `first ${id}`, total: id })

const transactions: (readonly KeptEntry[])[] = []
const states: ReadonlyMap<number, KeptRow>[] = [first]

/** The transaction of a number, from 0 on. Each follows from its number and from those before, so whoever checks knows them all. */
export function keptTransaction(number: number): readonly KeptEntry[] {
  while (transactions.length <= number) add()
  return transactions[number]!
}

/** The table as so many transactions have left it. */
export function keptAt(number: number): ReadonlyMap<number, KeptRow> {
  while (states.length <= number) add()
  return states[number]!
}

function add(): void {
  const number = transactions.length
  const random = randomOf(number + 1)
  const rows = new Map(states[number])
  const entries: KeptEntry[] = []
  if (number % TRUNCATED_EVERY === TRUNCATED_EVERY - 1) {
    entries.push({ op: 'truncate' })
    rows.clear()
  }
  while (entries.length === 0 || random.below(MAX_CHANGES - entries.length) > 0)
    entries.push(change(number, random, rows))
  transactions.push(entries)
  states.push(rows)
}

function change(number: number, random: Random, rows: Map<number, KeptRow>): KeptEntry {
  const id = random.below(KEPT_KEYS)
  const there = rows.get(id)
  const row: KeptRow = { id, note: `note ${number} of ${id}`, total: number }
  if (there === undefined) {
    rows.set(id, row)
    return { op: 'put', row, before: undefined }
  }
  if (random.below(6) === 0) {
    rows.delete(id)
    return { op: 'delete', id }
  }
  const free = random.below(KEPT_KEYS)
  if (random.below(4) === 0 && !rows.has(free)) {
    rows.delete(id)
    rows.set(free, { ...there, id: free })
    return { op: 'put', row: { id: free, note: UNCHANGED, total: UNCHANGED }, before: id }
  }
  rows.set(id, { ...there, total: row.total })
  return { op: 'put', row: { id, note: UNCHANGED, total: row.total }, before: undefined }
}

import {
  type ComparedScope,
  type Comparison,
  contains,
  type EncodedKey,
  type EncodedRow,
  type Encoder,
  type SourceRows,
  type StoredRow,
} from '@tidemark/core/engine'
import { rejectOf } from '../rows/refused.ts'
import { dataTypes, type Layout } from '../table/columns.ts'
import type { Canonical } from '../values/canonical.ts'
import { Balance, textWeights } from './balance.ts'
import { canonicalText, joinedText } from './canonical-text.ts'
import { digest } from './digest.ts'
import { jsonOf } from './json-of.ts'
import { keptKey, readKey } from './kept-key.ts'
import { CHANGED, DELETED, type Entry, Ledger, PRESENT, ROW } from './ledger.ts'
import type { StoredTable } from './stored-table.ts'
import { turns } from './turn.ts'

export interface ComparisonInput {
  readonly layout: Layout
  readonly encoder: Encoder
  /** An encoded value in the form in which stored ones come. */
  readonly canonical: Canonical
  readonly stored: StoredTable
  readonly uncomparedColumns: readonly string[]
  /** Columns that came later than the table, and when (a canonical text). */
  readonly addedColumns: ReadonlyMap<string, string>
  /** Hashes of rows that the database has refused. */
  readonly refused: ReadonlySet<string>
}

/** So many keys are looked up at once. */
const LOOKED_UP = 5000
const MAX_VALUE_SHOWN = 200

/** Holds rows of a source against those of a table. */
export function compare({
  layout,
  encoder,
  canonical,
  stored,
  uncomparedColumns: left,
  addedColumns: late,
  refused,
}: ComparisonInput): Comparison {
  const ledger = new Ledger()
  const { columns, keyAt, globalKey, partitioned, cursored, fed } = layout
  const keyed = keyAt.length > 0
  const types = dataTypes(layout)
  const forms = types.map((type) => canonical[type])
  const lateAt = columns.flatMap(({ name }, at) => (late.has(name) ? [{ at, since: late.get(name)! }] : []))
  const isLate = new Set(lateAt.map(({ at }) => at))
  const comparedAt = types.map((_, at) => at).filter((at) => !isLate.has(at))
  // Rows without a key have no identity over time: a column that was added later says nothing about them.
  const lateDigests = (texts: readonly (string | null)[]): string | null =>
    lateAt.length === 0 || !keyed ? null : lateAt.map(({ at }) => digest(joinedText([texts[at]!]))).join('')
  let current: { readonly number: number; readonly scope: ComparedScope; readonly again: boolean } | undefined
  let last: number | undefined
  /** Of a look that so far only weighs the sides against each other. */
  let balance: Balance | undefined
  /** The scope whose sides were found to differ, and not yet where. */
  let unequal: number | undefined
  let rejected = 0
  let changed = 0

  const textsOf = (row: EncodedRow) => types.map((type, at) => canonicalText(forms[at]!(row[at]), type))
  const storedTexts = (row: StoredRow) => types.map((type, at) => canonicalText(row.values[at], type))
  const weights = stored.weights ?? textWeights({ stored, types, forms })
  const keyDigest = (texts: readonly (string | null)[], partition: string) =>
    digest(joinedText(globalKey || !partitioned ? texts : [partition, ...texts]))
  // A feed's number says when a row was told, and nothing of the row.
  const rowDigest = (texts: readonly (string | null)[], position: unknown) =>
    digest(joinedText([...comparedAt.map((at) => texts[at]!), fed || position === null ? null : String(position)]))
  const keyTexts = (key: EncodedKey) => keyAt.map((at, n) => canonicalText(forms[at]!(key[n]), types[at]!))
  const shownKey = (values: readonly unknown[]) => jsonOf(values)
  const keyOfRow = (row: EncodedRow): EncodedKey => keyAt.map((at) => row[at])

  const isRefused = (row: EncodedRow): boolean =>
    refused.size > 0 && refused.has(rejectOf(layout, row, undefined, canonical).hash)

  /** Looks at what the source gave row by row, or asks for another look where it is not at hand any more. */
  const stopWeighing = ({ kept }: Balance): void => {
    balance = undefined
    if (kept === undefined) unequal = current!.number
    else for (const given of kept) addExactly(given)
  }

  const addRow = (row: EncodedRow, partition: string): void => {
    const position = row.at(-1) as Entry['position']
    // Rows without a place on the cursor are kept outside all windows.
    if (cursored && position === null) return
    const isRejected = isRefused(row)
    if (isRejected) rejected++
    const texts = textsOf(row)
    if (!keyed) {
      if (!isRejected) ledger.count({ key: rowDigest(texts, position), position, id: shownRow(row) })
      return
    }
    const keys = keyAt.map((at) => texts[at]!)
    const key = keyDigest(keys, partition)
    if (isRejected) ledger.put({ key, kind: PRESENT, row: null, late: null, position, id: null }, cursored)
    else {
      const entry = { row: rowDigest(texts, position), late: lateDigests(texts), id: keptKey(keyOfRow(row)) }
      ledger.put({ key, kind: ROW, position, ...entry }, cursored)
    }
  }

  const shownRow = (row: EncodedRow): string => jsonOf(forms.map((form, at) => form(row[at]))).slice(0, MAX_VALUE_SHOWN)

  const isSameLate = (entry: string | null, row: StoredRow): boolean =>
    entry === null ||
    lateAt.every(({ at, since }, n) => {
      if (row.values[at] === null && row.syncedAt !== null && row.syncedAt < since) return true
      const own = digest(joinedText([canonicalText(row.values[at], types[at]!)]))
      return own === entry.slice(n * own.length, (n + 1) * own.length)
    })

  const isSame = (entry: Pick<Entry, 'row' | 'late'>, row: StoredRow, texts: readonly (string | null)[]): boolean =>
    entry.row !== null && entry.row === rowDigest(texts, row.position) && isSameLate(entry.late, row)

  /**
   * A mark that a version from above left is right about every older one; one at the same place the source decides, and one
   * that lies in what was read.
   */
  const isMarkedAbove = ({ position }: Pick<Entry, 'position'>, row: StoredRow): boolean => {
    if (row.deletedAt === null || row.position === null || position === null) return false
    const { window } = current!.scope
    return row.position > BigInt(position) && !(window !== undefined && contains(window, row.position))
  }

  /** Whether a row of a feed's table was written since its key was read. */
  const hasChanged = (entry: Pick<Entry, 'kind' | 'position'> | undefined, { position }: StoredRow): boolean => {
    const asOf = entry?.position ?? current!.scope.asOf
    return entry?.kind === CHANGED || (asOf !== undefined && position !== null && position > BigInt(asOf))
  }

  const findKeyed = (row: StoredRow, deletionsUnknown: boolean): void => {
    const texts = storedTexts(row)
    const key = keyDigest(
      keyAt.map((at) => texts[at]!),
      row.partition,
    )
    const entry = ledger.take(key)
    if (current!.scope.asOf !== undefined && hasChanged(entry, row)) {
      if (row.deletedAt === null || entry?.kind === ROW) changed++
      return
    }
    const text = () => shownKey(keyAt.map((at) => row.values[at]))
    if (entry?.kind !== ROW) {
      const isExtra = row.deletedAt === null && entry?.kind !== PRESENT && !(deletionsUnknown && entry === undefined)
      const id = () => keptKey(keyAt.map((at) => row.values[at]))
      if (isExtra)
        ledger.find({ key, kind: 'extra', text: text(), times: 1, positions: [null, row.position], id: id() })
      return
    }
    const positions = [entry.position === null ? null : BigInt(entry.position), row.position]
    if (row.deletedAt !== null) {
      if (!isMarkedAbove(entry, row)) ledger.find({ key, kind: 'missing', text: text(), times: 1, positions })
    } else if (!isSame(entry, row, texts)) ledger.find({ key, kind: 'different', text: text(), times: 1, positions })
  }

  const findUnkeyed = (row: StoredRow, deletionsUnknown: boolean): void => {
    const texts = storedTexts(row)
    const key = rowDigest(texts, row.position)
    if (ledger.uncount(key) || deletionsUnknown) return
    const text = jsonOf(row.values).slice(0, MAX_VALUE_SHOWN)
    ledger.find({ key, kind: 'extra', text, times: 1, positions: [null, row.position] })
  }

  /** What the source has and the scope has not: it may lie elsewhere. */
  const findLeft = async (partition: string, turn: () => Promise<void>): Promise<void> => {
    for (let after = ''; ; ) {
      await turn()
      const entries = ledger.remainingEntries(after, LOOKED_UP)
      const end = entries.at(-1)?.key
      if (end === undefined) return
      after = end
      if (!keyed) {
        for (const { key, times, position, id } of entries)
          ledger.find({
            key,
            kind: 'missing',
            text: id as string,
            times,
            positions: [position === null ? null : BigInt(position)],
          })
        continue
      }
      const keys = entries.map(({ id }) => readKey(id!))
      const elsewhere = new Map<string, StoredRow>()
      if (cursored || globalKey) {
        for (const row of await stored.rowsOf(keys, partition)) {
          const texts = keyAt.map((at) => canonicalText(row.values[at], types[at]!))
          elsewhere.set(keyDigest(texts, row.partition), row)
        }
      }
      for (const [at, entry] of entries.entries()) {
        const row = elsewhere.get(entry.key)
        if (current!.scope.asOf !== undefined && row !== undefined && hasChanged(entry, row)) {
          changed++
          continue
        }
        const position = entry.position === null ? null : BigInt(entry.position)
        const text = shownKey(keyAt.map((place, n) => forms[place]!(keys[at]![n])))
        const find = (kind: 'missing' | 'different', held: bigint | null) =>
          ledger.find({ key: entry.key, kind, text, times: 1, positions: [position, held] })
        if (row === undefined || row.deletedAt !== null) {
          if (row === undefined || !isMarkedAbove(entry, row)) find('missing', null)
          continue
        }
        const texts = storedTexts(row)
        // Under a key that is global another partition may have given the same row.
        if (!(globalKey && row.partition !== partition && isSame(entry, row, texts))) find('different', row.position)
      }
    }
  }

  const addExactly = ({ rows, deletions, presentKeys: seen, changedKeys = [] }: SourceRows): void => {
    const { partition } = current!.scope
    for (const row of rows) addRow(row, partition)
    for (const { key, position } of deletions) {
      const one = keyDigest(keyTexts(key), partition)
      if (cursored) ledger.put({ key: one, kind: DELETED, row: null, late: null, position, id: null }, true)
      else ledger.remove(one)
    }
    if (!keyed) return
    for (const key of seen) {
      const one = keyDigest(keyTexts(key), partition)
      ledger.put({ key: one, kind: PRESENT, row: null, late: null, position: null, id: null }, cursored)
    }
    for (const key of changedKeys) ledger.supersede(keyDigest(keyTexts(key), partition))
  }

  return {
    name: layout.name,
    encoder,
    uncomparedColumns: left,
    addedColumns: [...late.keys()],
    extent: (scope) => stored.extent(scope),
    begin(number, scope) {
      ledger.clear()
      rejected = 0
      changed = 0
      current = { number, scope, again: number === last }
      const isExact = current.again || number === unequal || scope.asOf !== undefined
      balance = isExact ? undefined : new Balance({ cursored, isRefused, weights })
      unequal = undefined
    },
    add(given) {
      // A reported deletion may be of a row that the source gives too: only the key tells.
      if (balance !== undefined && given.deletions.length > 0) stopWeighing(balance)
      if (balance !== undefined) balance.add(given)
      else if (unequal === undefined) addExactly(given)
    },
    async end(deletionsUnknown, signal) {
      const { number, scope, again } = current!
      if (balance !== undefined) {
        const rows = await balance.remove(scope, signal)
        if (balance.isEven) return { rows, rejected: balance.rejected, changed: 0, doubtful: 0 }
        stopWeighing(balance)
      }
      if (unequal !== undefined) return { rows: 0, rejected: 0, changed: 0, doubtful: 0, inexact: true }
      const { isDue, take } = turns(signal)
      let rows = 0
      for await (const some of stored.rows(scope))
        for (const row of some) {
          if (isDue()) await take()
          if (row.deletedAt === null) rows++
          if (keyed) findKeyed(row, deletionsUnknown)
          else findUnkeyed(row, deletionsUnknown)
        }
      await findLeft(scope.partition, take)
      last = number
      return {
        rows,
        rejected,
        changed,
        doubtful: await ledger.keep(number, scope.partition, { again, keyed, turn: take }),
      }
    },
    excuse(partition, keys) {
      if (keyed) for (const key of keys) ledger.excuse(keyDigest(keyTexts(key), partition))
    },
    extras: (partition) => (keyed ? ledger.extras(partition) : 0),
    *extraKeys(partition) {
      const names = keyAt.map((at) => columns[at]!.column.name)
      for (const keys of ledger.extraKeys(partition, LOOKED_UP))
        yield keys.map((id) => Object.fromEntries(readKey(id).map((value, at) => [names[at]!, value])))
    },
    differences: () => ledger.findings(keyed),
    close() {
      ledger.close()
    },
  }
}

import type { NullCursor, Unread } from '@tidemark/core'
import type { ChosenCursor } from './choose-cursor.ts'
import type { Asked, Bounds } from './database.ts'
import type { FoundTable } from './found-table.ts'
import type { Client } from './source.ts'

/** How long the database may count what is only said to people. */
const WITHIN_MS = 5000
/** Without an index all rows are looked at; up to so many of them that is no matter. */
const MOST_WITHOUT_INDEX = 1_000_000

export interface CountedBy {
  readonly cursor: ChosenCursor | undefined
  readonly nullCursor: NullCursor | undefined
  readonly bounds: ((from: string | bigint | undefined, to: string | bigint) => Bounds) | undefined
}

type Question = Asked & { readonly client: Client }

export interface Counts {
  countRows(question: Question & { readonly from?: unknown; readonly to?: unknown }): Promise<number | undefined>
  countUnread?(question: Question & { readonly to: unknown }): Promise<Unread | undefined>
}

/** What a table counts by the system itself: the rows of a window, and those that no window holds. */
export function countsOf(table: FoundTable, by: CountedBy): Counts {
  const { cursor, nullCursor, bounds } = by
  const countRows: Counts['countRows'] = ({ client, from, to, signal, log }) => {
    const window = to === undefined ? undefined : bounds?.(from as string | bigint | undefined, to as string | bigint)
    return client.database.count({ table, bounds: window, range: 'window' }, { signal, log })
  }
  if (cursor === undefined || bounds === undefined) return { countRows }
  const isCounted = cursor.nullable && nullCursor !== 'keep'
  return {
    countRows,
    async countUnread({ client: { database }, to, signal, log }) {
      if (!cursor.indexed && (table.rows ?? 0) > MOST_WITHOUT_INDEX) return undefined
      const asked = { signal, log, withinMs: WITHIN_MS }
      const above = { ...bounds(undefined, to as string | bigint), nulls: true, strays: false }
      const tooYoung = await database.count({ table, bounds: above, range: 'above' }, asked)
      const withoutCursor = isCounted ? await database.count({ table, bounds: above, range: 'nulls' }, asked) : 0
      return { tooYoung, withoutCursor }
    },
  }
}

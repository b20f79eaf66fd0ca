import { sql } from 'kysely'
import { dataColumns, MISSING } from '../table/columns.ts'
import { stampText } from '../values/value-text.ts'
import { changed } from './run.ts'
import type { Writing } from './writing.ts'

/** What rows of a table name in `_missing`, and what of it is left. */
export interface DroppedNames {
  readonly named: string
  readonly stillMissing: readonly string[]
}

const missing = sql.id(MISSING)

/** What rows miss of columns that the source has no more: nothing will ever tell them. */
export async function droppedIn({ dialect, session, target }: Writing): Promise<readonly DroppedNames[]> {
  const there = new Set(dataColumns(target.layout))
  const rows = await session.rows(sql`select distinct ${missing} from ${target.table} where ${missing} is not null`)
  return rows.flatMap(([text]) => {
    const named = String(dialect.decode.text(text))
    const names = JSON.parse(named) as readonly string[]
    const stillMissing = names.filter((name) => there.has(name))
    return stillMissing.length === names.length ? [] : [{ named, stillMissing }]
  })
}

/** Takes them out of `_missing`. A row of which nothing else is missing is complete, and shown. */
export async function takeOutDropped(
  { dialect, session, target }: Writing,
  dropped: readonly DroppedNames[],
  now: bigint,
): Promise<void> {
  for (const { named, stillMissing } of dropped) {
    const set =
      stillMissing.length > 0
        ? sql`${missing} = ${JSON.stringify(stillMissing)}`
        : sql`${missing} = null, _deleted_at = null, _synced_at = ${dialect.moment(sql`${stampText(now)}`)}`
    await changed(session, sql`update ${target.table} set ${set} where ${missing} = ${named}`)
  }
}

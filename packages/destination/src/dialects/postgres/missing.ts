import type { Part, StepRef } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { inChunks, keysOf, MISSING_CHUNK, type MissingKeys, type NamedKeys } from '../../rows/missing.ts'
import { isOf } from '../../rows/row-writer.ts'
import { dataColumns, dataTypes } from '../../table/columns.ts'
import { decodeText } from './forms.ts'
import { withPart } from './load.ts'
import type { Session, Sessions } from './sessions.ts'
import { type PostgresStaging, stagingTable } from './staging.ts'
import { aboveLateDeletion, mainTable, missingRows, type Target, TYPES } from './statements.ts'
import { type StepScope, stepScope } from './step-scope.ts'
import { count, keyRow } from './write.ts'

/** How many rows of a step's scope neither came back nor were reported as deleted. */
export async function countMissing(session: Session, staging: PostgresStaging, scope: StepScope): Promise<number> {
  return await count(session, sql`select count(*) from ${missingRows(staging.target, stagingTable(staging), scope)}`)
}

/** The keys of those rows, or of those that late deletions would mark. */
export async function* readMissing(
  sessions: Sessions,
  target: Target | undefined,
  staging: PostgresStaging | undefined,
  { step, late }: { readonly step: StepRef; readonly late: Late | undefined },
): AsyncGenerator<NamedKeys> {
  if (target !== undefined && late !== undefined) {
    yield await sessions.transaction({ mode: 'part' }, (session) => lateKeys(session, target, step, late))
    return
  }
  if (target === undefined || staging === undefined || !isOf(staging, step)) return
  const scope = stepScope(target, step)
  yield* inChunks<string>((last) =>
    sessions.transaction({ mode: 'read' }, (session) => missingKeys(session, staging, scope, last)),
  )
}

type Late = Pick<Part, 'lateBelow' | 'lateDeletions'>

async function lateKeys(
  session: Session,
  target: Target,
  step: StepRef,
  { lateBelow, lateDeletions = [] }: Late,
): Promise<NamedKeys> {
  if (lateBelow === undefined) return []
  const { layout } = target
  const { named } = stepScope(target, step)
  const rows = lateDeletions.map(({ key, position }) => keyRow(layout, key, position))
  const key = sql.join(layout.key.map((name) => sql`t.${sql.id(name)}`))
  return await withPart(session, target, rows, async (part) => {
    const where = aboveLateDeletion(target, lateBelow, named)
    const found = await textRows(
      session,
      sql`select ${key} from ${mainTable(target)} as t, ${part} as s where ${where}`,
    )
    return keysOf(layout, found, decodeText).keys
  })
}

/** Rows with all values as the texts that the server writes, which it also reads again. */
async function textRows({ client, db }: Session, query: RawBuilder<unknown>): Promise<readonly (readonly string[])[]> {
  const { sql: text, parameters } = query.compile(db)
  const types = { getTypeParser: () => (value: string) => value }
  const { rows } = await client.query({
    text,
    values: parameters as unknown[],
    rowMode: 'array',
    types: types as never,
  })
  return rows as unknown as (readonly string[])[]
}

async function missingKeys(
  session: Session,
  staging: PostgresStaging,
  scope: StepScope,
  last: readonly string[] | undefined,
): Promise<MissingKeys<string>> {
  const { layout } = staging.target
  const types = new Map(dataColumns(layout).map((name, at) => [name, TYPES[dataTypes(layout)[at]!]]))
  const typed = [['_cursor', 'bigint'] as const, ...layout.key.map((name) => [name, types.get(name)!] as const)]
  const position = sql`t._cursor`
  const key = layout.key.map((name) => sql`t.${sql.id(name)}`)
  const order = sql.join([position, ...key])
  const place = typed.map(([, type], at) => sql`cast(${last?.[at]} as ${sql.raw(type)})`)
  const behind = last === undefined ? sql`` : sql` and (${order}) > (${sql.join(place)})`
  const query = sql`select ${sql.join([...key, position])} from ${missingRows(staging.target, stagingTable(staging), scope)}${behind}
    order by ${order} limit ${sql.lit(MISSING_CHUNK)}`
  return keysOf(layout, await textRows(session, query), decodeText)
}

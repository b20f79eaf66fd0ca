import type { StepRef } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { dataColumns, dataTypes } from '../columns.ts'
import { inChunks, keysOf, MISSING_CHUNK, type MissingKeys, type NamedKeys } from '../missing.ts'
import { isOf } from '../row-writer.ts'
import { decodeText } from './forms.ts'
import type { Session, Sessions } from './sessions.ts'
import { type PostgresStaging, stagingTable } from './staging.ts'
import { missingRows, type Target, TYPES } from './statements.ts'
import { type StepScope, stepScope } from './step-scope.ts'
import { count } from './write.ts'

/** How many rows of a step's scope neither came back nor were told to be gone. */
export async function countMissing(session: Session, staging: PostgresStaging, scope: StepScope): Promise<number> {
  return await count(session, sql`select count(*) from ${missingRows(staging.target, stagingTable(staging), scope)}`)
}

/** The keys of those rows. */
export async function* readMissing(
  sessions: Sessions,
  target: Target | undefined,
  staging: PostgresStaging | undefined,
  step: StepRef,
): AsyncGenerator<NamedKeys> {
  if (target === undefined || staging === undefined || !isOf(staging, step)) return
  const scope = stepScope(target, step)
  yield* inChunks<string>((last) =>
    sessions.transaction({ mode: 'read' }, (session) => missingKeys(session, staging, scope, last)),
  )
}

async function missingKeys(
  { client, db }: Session,
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
  const query =
    sql`select ${sql.join([...key, position])} from ${missingRows(staging.target, stagingTable(staging), scope)}${behind}
    order by ${order} limit ${sql.lit(MISSING_CHUNK)}`.compile(db)
  // All as the texts that the server writes, which it also reads again.
  const texts = { getTypeParser: () => (value: string) => value }
  const { rows } = await client.query({
    text: query.sql,
    values: query.parameters as unknown[],
    rowMode: 'array',
    types: texts as never,
  })
  return keysOf(layout, rows as unknown as (readonly string[])[], decodeText)
}

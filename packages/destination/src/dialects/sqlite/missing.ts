import type { Part, StepRef } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { inChunks, keysOf, MISSING_CHUNK, type MissingKeys, type NamedKeys } from '../../rows/missing.ts'
import { isOf } from '../../rows/row-writer.ts'
import { decode } from '../../values/decode.ts'
import type { SqliteStaging } from './staging.ts'
import { aboveLateDeletion, mainTable, missingRows } from './statements.ts'
import { type StepScope, stepScope } from './step-scope.ts'
import type { Named, Target } from './target.ts'
import type { Transactions } from './transactions.ts'

/** How many rows of a step's scope neither came back nor were reported as deleted. */
export function countMissing(target: Target, slot: number, { named, scope }: StepScope): number {
  const query = () => sql`select count(*) from ${missingRows(target.layout, slot, scope)}`
  return target.count(`missing ${scope.from} ${scope.to} @${slot}`, query, named)
}

/** The keys of those rows, or of those that late deletions would mark. */
export async function* readMissing(
  transactions: Transactions,
  target: Target | undefined,
  staging: SqliteStaging | undefined,
  { step, late }: { readonly step: StepRef; readonly late: Late | undefined },
): AsyncGenerator<NamedKeys> {
  if (target !== undefined && late !== undefined) {
    yield await transactions.read(async () => lateKeys(target, step, late))
    return
  }
  if (target === undefined || staging === undefined || !isOf(staging, step)) return
  const scope = stepScope(target.layout, step)
  yield* inChunks<unknown>((last) => transactions.read(async () => missingKeys(target, staging.slot, scope, last)))
}

type Late = Pick<Part, 'lateBelow' | 'lateDeletions'>

function lateKeys(target: Target, step: StepRef, { lateBelow, lateDeletions = [] }: Late): NamedKeys {
  if (lateBelow === undefined) return []
  const { layout } = target
  const { named } = stepScope(layout, step)
  const key = sql.join(layout.key.map((name) => sql`t.${sql.id(name)}`))
  const query = () => sql`select ${key} from ${mainTable(layout.name)} as t where ${aboveLateDeletion(layout)}`
  const found = lateDeletions.flatMap(({ key, position }) =>
    target.all('late', query, { ...named, position, below: lateBelow }, key),
  )
  return keysOf(layout, found, decode).keys
}

function missingKeys(
  target: Target,
  slot: number,
  { named, scope }: StepScope,
  last: readonly unknown[] | undefined,
): MissingKeys<unknown> {
  const { layout } = target
  const position = sql`t._cursor`
  const key = layout.key.map((name) => sql`t.${sql.id(name)}`)
  const order = sql.join([position, ...key])
  const place = (last ?? []).map((_, at) => `last${at}`)
  const behind =
    last === undefined ? sql`` : sql` and (${order}) > (${sql.raw(place.map((name) => `:${name}`).join())})`
  const query = () => sql`select ${sql.join([...key, position])} from ${missingRows(layout, slot, scope)}${behind}
    order by ${order} limit ${sql.lit(MISSING_CHUNK)}`
  const values = Object.fromEntries(place.map((name, at) => [name, last![at]])) as Named
  const name = `missing keys ${scope.from} ${scope.to} ${last === undefined} @${slot}`
  return keysOf(layout, target.all(name, query, { ...named, ...values }), decode)
}

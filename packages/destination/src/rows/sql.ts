import { type RawBuilder, sql } from 'kysely'

const { id, join, raw } = sql

/** Names of columns, with commas between them. */
export function list(names: readonly string[], alias?: string): RawBuilder<unknown> {
  return join(names.map((name) => (alias === undefined ? id(name) : sql`${raw(alias)}.${id(name)}`)))
}

export const and = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`true` : balanced(conditions, 'and')

export const or = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  conditions.length === 0 ? sql`false` : balanced(conditions, 'or')

export const plus = (numbers: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  numbers.length === 0 ? sql`0` : balanced(numbers, '+')

/** In a balanced tree: SQLite lets an expression be 1,000 deep, and a table may have 2,000 columns. */
function balanced(conditions: readonly RawBuilder<unknown>[], operator: 'and' | 'or' | '+'): RawBuilder<unknown> {
  if (conditions.length <= 8) return join(conditions, raw(` ${operator} `))
  const middle = conditions.length >> 1
  const [left, right] = [conditions.slice(0, middle), conditions.slice(middle)]
  return sql`(${balanced(left, operator)}) ${raw(operator)} (${balanced(right, operator)})`
}

import type { TableState } from '@tidemark/core/engine'
import { sqlName } from '../show/sql-name.ts'

/** An example query: the newest rows that are not marked as deleted. */
export function sqlOf({ name, schema: recorded }: TableState): string {
  const cursor = recorded?.cursor
  const column = recorded?.columns.find((one) => one.name === cursor?.column)?.column
  const order = column === undefined ? '' : ` order by ${sqlName(column)} desc`
  return `select * from ${sqlName(name)} where _deleted_at is null${order} limit 20`
}

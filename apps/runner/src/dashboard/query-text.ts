import type { TableState } from '@tidemark/core/engine'

/** A query to begin with: the newest rows that are not marked as deleted. */
export function sqlOf({ name, facts }: TableState): string {
  const cursor = facts?.cursor
  const column = facts?.columns.find((one) => one.name === cursor?.column)?.column
  const order = column === undefined ? '' : ` order by ${word(column)} desc`
  return `select * from ${word(name)} where _deleted_at is null${order} limit 20`
}

/** A name in SQL, quoted where it must be. */
function word(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

import type { Tracked } from '@tidemark/core'
import { type FoundTable, nameOf } from './found-table.ts'

/**
 * The tables of a database, named as they are. A dot stays in quotes only where two tables would have one name without
 * them (`a.b` in the main schema, and `b` in a schema `a`), and where a table is known by its name in quotes.
 */
export function plainNames(found: readonly FoundTable[], tracked: Pick<Tracked, 'columns'>): readonly FoundTable[] {
  const bearers = Map.groupBy(found, plainName)
  return found.map((table) => {
    const name = plainName(table)
    const stays = name === table.name || bearers.get(name)!.length > 1 || tracked.columns(table.name) !== undefined
    return stays ? table : { ...table, name }
  })
}

function plainName({ name, schema, relation }: FoundTable): string {
  return name === nameOf(undefined, relation) ? relation : `${schema}.${relation}`
}

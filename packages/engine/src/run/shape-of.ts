import { isLoose, type Shape } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'

/** What the destination table of a table must be able to hold. */
export function shapeOf({ name, source, table, columns, options, identity }: DiscoveredTable): Shape {
  return {
    name,
    source: source.name,
    table: table.name,
    columns,
    primaryKey: table.primaryKey,
    globalKey: table.globalKey,
    partitioned: table.partitions !== undefined,
    cursor: table.cursor,
    window: table.window,
    loose: isLoose(table.row),
    declared: table.columns.map((column) => column.name),
    mode: options.mode,
    identity,
    aliases: table.aliases,
    ...(table.feed === undefined ? {} : { fed: true }),
    ...(options.runColumn ? { runs: true } : {}),
  }
}

import { type Column, defineSource, rowOf } from '@tidemark/core'

type Shelf = { name: string; columns: Column[]; rows: Record<string, unknown>[] }

const shelves = defineSource({ name: 'shelves', connect: (): Shelf[] => [] })

export const shelvesSource = shelves.with(({ client, tracked }) =>
  client.map((shelf) =>
    shelves.table({
      name: shelf.name,
      row: rowOf(shelf.columns, tracked.columns(shelf.name)),
      primaryKey: ['id'],
      async *read() {
        yield shelf.rows
      },
    }),
  ),
)

import { defineSource, minutes, type Source } from '@tidemark/core'
import { Row } from './rows.ts'

export interface OrdersOptions {
  /** Called once a read; gives the pages of the one window there is. */
  readonly pages: () => Iterable<readonly Row[]>
  readonly tables?: number
}

/** A source in memory: the table `orders`, or `orders_0`, `orders_1` … */
export function ordersSource({ pages, tables = 1 }: OrdersOptions): Source {
  const memory = defineSource({ name: 'memory' })
  const names = tables === 1 ? ['orders'] : Array.from({ length: tables }, (_, at) => `orders_${at}`)
  return memory.with(
    names.map((name) =>
      memory.table({
        name,
        row: Row,
        primaryKey: ['id'],
        cursor: 'updated_at',
        settle: minutes(0),
        async *read() {
          yield* pages()
        },
      }),
    ),
  ) as Source
}

import { type Duration, defineSource, minutes, type Source } from '@tidemark/core'
import { Row } from './rows.ts'

export interface OrdersOptions {
  /** Called once a read; gives the pages of the one window there is. */
  readonly pages: () => Iterable<readonly Row[]>
  readonly tables?: number
  /** Up to where the system says it can be read; the runner's clock where it does not. */
  readonly end?: string
  readonly lookback?: Duration
}

/** A source in memory: the table `orders`, or `orders_0`, `orders_1` … */
export function ordersSource({ pages, tables = 1, end, lookback }: OrdersOptions): Source {
  const memory = defineSource({ name: 'memory' })
  const names = tables === 1 ? ['orders'] : Array.from({ length: tables }, (_, at) => `orders_${at}`)
  return memory.with(
    names.map((name) =>
      memory.table({
        name,
        row: Row,
        primaryKey: ['id'],
        cursor: 'updated_at',
        minAge: minutes(0),
        ...(end === undefined ? {} : { end: () => end }),
        ...(lookback === undefined ? {} : { lookback }),
        async *read() {
          yield* pages()
        },
      }),
    ),
  ) as Source
}

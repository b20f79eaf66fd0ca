import type { Prepared, RecordedSchema, Shape } from '@tidemark/core/engine'
import type { Dialect } from './dialects/dialect.ts'
import type { Target } from './dialects/target.ts'
import { layOut } from './table/columns.ts'
import { encoderOf } from './table/encoder.ts'
import { once } from './table/once.ts'

interface Recorded extends Pick<Prepared, 'name' | 'changes'> {
  readonly shape: Shape
  readonly schema: RecordedSchema
}

/** A table as it is prepared. What it is written by is made when it is first written: who plans ten thousand tables reads few of them. */
export function preparedTable(
  dialect: Dialect,
  { name, shape, schema, changes }: Recorded,
): { readonly prepared: Prepared; readonly target: () => Target } {
  const layout = once(() => layOut(name, shape, schema))
  const encoder = once(() => encoderOf(layout(), dialect.codec))
  return {
    prepared: {
      ...{ name, schema, changes },
      get encoder() {
        return encoder()
      },
    },
    target: once(() => ({ layout: layout(), table: dialect.table(name) })),
  }
}

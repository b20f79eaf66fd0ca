import { columnsOf, type TableColumn } from './column.ts'
import { messageOf } from './error.ts'
import type { RowSchema } from './row-schema.ts'

/** The columns of a row schema, its errors with the table's name. */
export function columnsIn(row: unknown, fail: (problem: string) => never): readonly TableColumn[] {
  const def = (row as { _zod?: { def?: { type?: unknown } } } | null | undefined)?._zod?.def
  if (def?.type !== 'object') return fail('row must be an object schema of zod 4: z.object({ id: z.int() })')
  try {
    return columnsOf(row as RowSchema)
  } catch (error) {
    return fail(messageOf(error))
  }
}

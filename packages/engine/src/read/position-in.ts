import { positionOf, type Table, type TableColumn } from '@tidemark/core/engine'
import type { z } from 'zod'
import { parse, type Raw } from './reject.ts'

/** Position of a row by its cursor's column, null for none, undefined where its cursor cannot be read. */
export function positionIn(
  row: Raw,
  column: TableColumn,
  { cursor }: Pick<Table, 'cursor'>,
): number | bigint | null | undefined {
  const { type } = cursor!
  const raw = row[column.name]
  if (column.plain !== undefined) return raw === null || raw === undefined ? null : positionOf(raw, type)
  const parsed = parse(column.schema as z.ZodType, raw)
  if (!parsed.ok) return raw === null || raw === undefined ? null : undefined
  return parsed.value === null || parsed.value === undefined ? null : positionOf(parsed.value, type)
}

import type { z } from 'zod'
import { rowOf } from './column.ts'
import type { Tracked } from './tracked.ts'

/** What the state knows of a table. */
export interface KnownShape {
  /** A schema of the columns that it has. */
  // biome-ignore lint/suspicious/noExplicitAny: the values of columns found at run time have no static type
  readonly row: z.ZodObject<Record<string, z.ZodType<any, any>>>
  /** The columns of its key; empty if it has no key. */
  readonly primaryKey: readonly string[]
  /** The column that it is read by; undefined if every sync is a full refresh. */
  readonly cursor: string | undefined
}

/**
 * The columns, the key and the cursor of a known table as the state has them, for a table found at run time that cannot be
 * read now, such as one whose config is wrong. A table returned with these and with functions that throw the reason fails, and
 * continues where it was once the reason is fixed; with any others it would pause, like a table that was created again.
 *
 * @returns undefined for a table that is not known.
 */
export function knownShape(name: string, tracked: Tracked): KnownShape | undefined {
  const columns = tracked.columns(name)
  if (columns === undefined) return undefined
  const primaryKey = tracked.primaryKey?.(name) ?? []
  const row = rowOf(columns.map((one) => (primaryKey.includes(one.name) ? { ...one, nullable: false } : one)))
  return { row, primaryKey, cursor: tracked.cursor?.(name) ?? undefined }
}

import type { Table } from '@tidemark/core/engine'
import type { SourceTestOptions } from './options.ts'
import type { OpenPlace } from './place.ts'
import type { ReadRow } from './reading.ts'
import type { SourceUnderTest, Subject } from './source-under-test.ts'

/** What people do to the rows of a system. */
export type ChangeKind = 'add' | 'edit' | 'remove'

/** How each is written in the options of a test. */
export const WRITTEN: Readonly<Record<ChangeKind, string>> = {
  add: 'add: ({ table, partition }) => { … }',
  edit: 'edit: ({ table, partition, row }) => { … }',
  remove: 'remove: ({ table, partition, row }) => { … }',
}

/** What the test can do to a table, of what its contract lets happen to its rows. */
export function changesOf({ immutable, cursor, deletions }: Table, options: SourceTestOptions): readonly ChangeKind[] {
  const may: Readonly<Record<ChangeKind, boolean>> = {
    edit: !immutable,
    add: true,
    remove: cursor === undefined || deletions === 'reported',
  }
  return (['edit', 'add', 'remove'] as const).filter((kind) => may[kind] && options[kind] !== undefined)
}

/** Has the test change a table. */
export async function applyChange(
  { options }: SourceUnderTest,
  kind: ChangeKind,
  where: { readonly place: OpenPlace; readonly table: string; readonly partition: string; readonly row: ReadRow },
): Promise<void> {
  const { place, table, partition, row } = where
  const change = { table, partition, folder: place.folder, url: place.url }
  if (kind === 'add') await options.add?.(change)
  else await options[kind]?.({ ...change, row: row.value ?? {} })
}

/** The oldest row, by the cursor; the first one that was read where no row has a position. */
export function oldestOf({ rows }: Pick<Subject, 'rows'>): ReadRow | undefined {
  const positions = rows.filter(({ position }) => typeof position === 'bigint')
  if (positions.length === 0) return rows.find(({ value }) => value !== undefined)
  return positions.reduce((least, row) => (row.position! < least.position! ? row : least))
}

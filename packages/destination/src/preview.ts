import type { Prepared, Project, Shape } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { layOut } from './columns.ts'
import type { Forms } from './forms.ts'
import { tableName } from './names.ts'
import { NO_LEASE } from './no-lease.ts'
import { planTable, type TableMaker } from './prepare.ts'
import type { StateDatabase } from './state-tables.ts'
import { encoderOf } from './values.ts'

export interface PreviewOptions {
  readonly shape: Shape
  readonly forms: Forms
  readonly project: Project | undefined
}

/** What `prepare` would make of a table. Reads only. @throws SyncError as `prepare`. */
export async function previewTable(
  db: Kysely<StateDatabase>,
  maker: TableMaker,
  { shape, forms, project }: PreviewOptions,
): Promise<Prepared> {
  const name = tableName(shape.name)
  const { facts, changes } = await planTable(db, maker, name, NO_LEASE, shape, project)
  return { name, facts, encoder: encoderOf(layOut(name, shape, facts.columns), forms), changes }
}

import type { Prepared, Project, Shape } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import { NO_LEASE } from '../state/no-lease.ts'
import type { StateDatabase } from '../state/state-types.ts'
import type { ValueCodec } from '../values/codec.ts'
import { layOut } from './columns.ts'
import { encoderOf } from './encoder.ts'
import { tableName } from './names.ts'
import { planTable } from './prepare.ts'
import type { SchemaEditor } from './schema-editor.ts'

export interface PreviewOptions {
  readonly shape: Shape
  readonly forms: ValueCodec
  readonly project: Project | undefined
}

/** What `prepare` would make of a table. Reads only. @throws SyncError as `prepare`. */
export async function previewTable(
  db: Kysely<StateDatabase>,
  editor: SchemaEditor,
  { shape, forms: codec, project }: PreviewOptions,
): Promise<Prepared> {
  const name = tableName(shape.name)
  const { schema: recorded, changes } = await planTable(db, editor, name, NO_LEASE, shape, project)
  return { name, schema: recorded, encoder: encoderOf(layOut(name, shape, recorded), codec), changes }
}

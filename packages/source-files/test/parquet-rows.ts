import type { ColumnType } from '@tidemark/core'
import type { Files } from '../src/client.ts'
import { parquetRows } from '../src/parquet.ts'
import type { Cut } from '../src/parquet-cut.ts'
import { openParquet } from '../src/parquet-file.ts'
import { open } from './harness.ts'

type Types = Readonly<Record<string, ColumnType>>

const { signal } = new AbortController()

/**
 * The rows of a Parquet file.
 *
 * @param way whether columns are read with the others or, those of texts and bytes, by themselves; or how every column is cut.
 */
export async function parquetRowsOf(
  path: string,
  types: Types,
  way: 'together' | 'apart' | Partial<Cut>,
): Promise<Record<string, unknown>[]> {
  const { client } = await open({ t: { path } })
  return await parquetRowsWith(client, path, types, way)
}

/** The same with a client that is open already. */
export async function parquetRowsWith(
  client: Files,
  path: string,
  types: Types,
  way: 'together' | 'apart' | Partial<Cut>,
): Promise<Record<string, unknown>[]> {
  await using file = await openParquet(path, client, signal, 'check')
  const isCut = typeof way === 'object'
  const wide = new Set(
    file.fields.filter(({ below, element }) => isCut || (way === 'apart' && below.length === 0 && element.isBytes)),
  )
  const cut = isCut ? { ...file.cut, ...way } : file.cut
  const wanted = Object.entries(types).map(([name, type]) => ({ name, type, declared: false }))
  const rows: Record<string, unknown>[] = []
  for await (const page of parquetRows(client, { ...file, wide, cut }, wanted, signal)) rows.push(...page)
  return rows
}

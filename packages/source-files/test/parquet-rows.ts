import { parquetRows } from '../src/parquet.ts'
import type { Cut } from '../src/parquet-cut.ts'
import { openParquet } from '../src/parquet-file.ts'
import { open } from './harness.ts'

type Types = Readonly<Record<string, 'text' | 'integer' | 'json' | 'bytes'>>

const { signal } = new AbortController()

/**
 * The rows of a Parquet file.
 *
 * @param way whether the columns of texts and bytes are read with the others or by themselves, and which of their pages are cut.
 */
export async function parquetRowsOf(
  path: string,
  types: Types,
  way: 'together' | 'apart' | Cut,
): Promise<Record<string, unknown>[]> {
  const source = await open({ t: { path } })
  await using file = await openParquet(path, source.client, signal, 'check')
  const isWide = way !== 'together'
  const wide = new Set(isWide ? file.fields.filter(({ below, element }) => below.length === 0 && element.isBytes) : [])
  const cut = typeof way === 'object' ? way : file.cut
  const wanted = Object.entries(types).map(([name, type]) => ({ name, type, declared: false }))
  const rows: Record<string, unknown>[] = []
  for await (const page of parquetRows(source.client, { ...file, wide, cut }, wanted, signal)) rows.push(...page)
  return rows
}

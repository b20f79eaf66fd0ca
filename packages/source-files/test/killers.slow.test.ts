import { copyFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SchemaElement } from '../src/parquet-element.ts'
import { errorOf, Folder, open } from './harness.ts'
import { rewritten, written } from './parquet-files.ts'

const PRECISION = 8
const LOGICAL = 10
const FOUR = Buffer.from([8])
const GOOD = 10

/** Decimals of more digits than their column says: an assertion of DuckDB fails at it, and after that DuckDB answers nothing. */
async function writeKiller(folder: Folder, name: string): Promise<void> {
  const file = await written(folder, 'decimals.tmp', 'SELECT 400.00::DECIMAL(9,2) AS d, 1 AS i')
  const short = ({ fields, decimal }: SchemaElement) =>
    fields.flatMap((field) => {
      if (decimal === undefined) return [field]
      if (field.id === LOGICAL) return []
      return field.id === PRECISION ? [{ ...field, value: FOUR }] : [field]
    })
  folder.write(name, await rewritten(file, short))
}

async function filled(): Promise<Folder> {
  const folder = new Folder()
  const good = await written(folder, 'good.tmp', 'SELECT range AS i FROM range(30000)')
  for (let at = 0; at < GOOD; at++) copyFileSync(good, folder.at(`${at}.parquet`))
  await writeKiller(folder, '5-bad.parquet')
  return folder
}

describe('a Parquet file at which DuckDB ends', () => {
  it('fails alone, with a short message: one after the other', async () => {
    const folder = await filled()
    const source = await open({ t: { path: folder.at('*.parquet') } })
    const error = await errorOf(source.read('t', '5-bad.parquet'))
    expect(error.remedy).toBe('fix-config')
    expect(error.message).toMatch(/5-bad\.parquet makes DuckDB fail \(Information loss on integer cast.*\)/)
    expect(error.message.length).toBeLessThan(500)
    expect(error.message).not.toMatch(/Stack Trace|0x|\n/)
    for (let at = 0; at < GOOD; at++) expect(await source.read('t', `${at}.parquet`)).toHaveLength(30_000)
  })

  it('fails alone among those that are read at the same time', async () => {
    const folder = await filled()
    const source = await open({ t: { path: folder.at('*.parquet') } })
    const files = await source.files()
    const read = await Promise.allSettled(files.map((file) => source.read('t', file.id)))
    const failed = files.filter((_, at) => read[at]!.status === 'rejected').map((file) => file.id)
    // One that had given rows when DuckDB ended asks to be read again, as the engine does.
    for (const [at, file] of files.entries()) {
      const one = read[at]!
      if (one.status === 'fulfilled') expect(one.value).toHaveLength(30_000)
      else if (file.id !== '5-bad.parquet') expect(one.reason).toMatchObject({ remedy: 'retry' })
    }
    expect(failed).toContain('5-bad.parquet')
    for (const id of failed) if (id !== '5-bad.parquet') expect(await source.read('t', id)).toHaveLength(30_000)
  })
})

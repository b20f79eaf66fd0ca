import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parquetRows } from '../src/parquet.ts'
import { openParquet } from '../src/parquet-file.ts'
import { open } from './harness.ts'

const TYPES = { id: 'integer', t: 'text', few: 'text', b: 'bytes', nothing: 'text', always: 'text' } as const
const path = fileURLToPath(new URL('fixtures/pages-snappy-1.0.parquet', import.meta.url))
/** All pages are cut, into pages of one or two values. */
const FEW = { above: 0, into: 200, most: 1 << 20 }

describe('temporary files', () => {
  const { signal } = new AbortController()
  /** Begins to read a file whose pages are cut; what its folder has then, and after `end`. */
  const during = async (end: (rows: AsyncGenerator<unknown>, stop: AbortController) => Promise<unknown>) => {
    const source = await open({ t: { path } })
    const stop = new AbortController()
    await using file = await openParquet(path, source.client, signal, 'check')
    const wide = new Set(file.fields.filter(({ element }) => element.isBytes))
    const wanted = Object.entries(TYPES).map(([name, type]) => ({ name, type, declared: false }))
    const temporary: string[] = []
    const { client } = source
    const fill = client.temporary.bind(client)
    client.temporary = async (write) => {
      const made = await fill(write)
      temporary.push(made.path)
      return made
    }
    const rows = parquetRows(client, { ...file, wide, cut: FEW }, wanted, stop.signal)
    await rows.next()
    const folder = new URL('.', `file://${temporary[0]}`)
    const modes = (await readdir(folder)).map((name) => statSync(new URL(name, folder)).mode & 0o777)
    const mode = statSync(folder).mode & 0o777
    await end(rows, stop)
    return { mode, modes, left: await readdir(folder) }
  }

  it('may be read by nobody else, and are gone when the work ends', async () => {
    const { mode, modes, left } = await during((rows) => rows.return(undefined))
    expect(mode).toBe(0o700)
    expect(modes.length).toBeGreaterThan(3)
    expect(new Set(modes)).toEqual(new Set([0o600]))
    expect(left).toEqual([])
  })

  it('are gone when all was read', async () => {
    const { left } = await during(async (rows) => {
      for await (const _ of rows);
    })
    expect(left).toEqual([])
  })

  it('are gone when the work is stopped', async () => {
    const { left } = await during(async (rows, stop) => {
      stop.abort(new Error('stopped'))
      await expect(
        (async () => {
          for await (const _ of rows);
        })(),
      ).rejects.toThrow('stopped')
    })
    expect(left).toEqual([])
  })
})

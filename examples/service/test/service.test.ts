import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

async function run(program: string, database: string): Promise<string> {
  const file = join(import.meta.dirname, '../src', program)
  const { stdout } = await promisify(execFile)(process.execPath, [file, database])
  return stdout
}

it('the programs of the page run as they stand, and the second finds what the first has done', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-service-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const database = join(folder, 'service.db')
  expect(await run('sync-once.ts', database)).toBe(
    'hello_moons is new, 1 to read\nhello_moons is complete, 2 rows written\ncomplete: hello_moons\n',
  )
  expect(await run('sync-once.ts', database)).toContain('hello_moons is complete, 0 rows written')
  expect(await run('watch-it.ts', database)).toMatch(/^hello_moons: 0 rows written\ndone in \d+ ms\n$/)
})

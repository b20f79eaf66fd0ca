import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A temporary folder that goes with the tests of a file. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-values-'))
  made.push(folder)
  return folder
}

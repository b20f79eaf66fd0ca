import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { casesIn, problemsOf } from './reliability.ts'

const ROOT = join(import.meta.dirname, '..')
const GROUPS = { D: 23, S: 10, B: 13, P: 9, T: 10 }

function read(file: string): string | undefined {
  const path = join(ROOT, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

describe('docs/internal/sources.md', () => {
  const page = read('docs/internal/sources.md') ?? ''

  it('has every case, each with a test that exists', () => {
    const cases = casesIn(page)
    expect(problemsOf(cases, read, GROUPS)).toEqual([])
    expect(cases.filter(({ tests }) => tests.length === 0)).toEqual([])
  })

  it('is read so that it can be wrong', () => {
    const without = page.replace(/^\| D9 .*\n/m, '')
    expect(problemsOf(casesIn(without), read, GROUPS)).toEqual(['D9 is missing'])
    const renamed = page.replace('a list that goes in circles is an error', 'a list that goes in circles is fine')
    expect(problemsOf(casesIn(renamed), read, GROUPS)).toEqual([
      'S7: packages/http/test/paging.test.ts has no test "a list that goes in circles is fine"',
    ])
  })
})

// They need Node's own decoder, and core does no I/O: the only home that both may have is the package of the HTTP client, and
// a source of files must not bring that with it.
it('the frames of zstd are those of HTTP', () => {
  const http = read('packages/http/src/zstd-frames.ts') ?? ''
  expect(http).toContain('export async function* zstdFrames')
  expect(read('packages/source-files/src/zstd-frames.ts')).toBe(http)
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { casesIn, problemsOf } from './reliability.ts'
import { TAKEN_OUT } from './rules/feed-rules.ts'

const ROOT = join(import.meta.dirname, '..')
const GROUPS = { N: 6, R: 8 }

function read(file: string): string | undefined {
  const path = join(ROOT, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

describe('docs/internal/feeds.md', () => {
  const cases = casesIn(read('docs/internal/feeds.md') ?? '')

  it('has every rule, each with a test that exists', () => {
    expect(problemsOf(cases, read, GROUPS)).toEqual([])
    expect(cases.filter(({ tests }) => tests.length === 0)).toEqual([])
  })

  it('names the tests that run without the rules', () => {
    const named = cases.flatMap(({ id, tests }) => tests.map((test) => ({ id, test })))
    for (const { id, test } of TAKEN_OUT) expect(named).toContainEqual({ id, test })
    expect(new Set(TAKEN_OUT.map(({ id }) => id)).size).toBe(cases.length)
  })
})

it.each(TAKEN_OUT.flatMap(({ wrong, edits }) => edits.map(({ file, find }) => [wrong, file, find] as const)))(
  'the sources have once what is taken out: %s, %s',
  (_wrong, file, find) => {
    expect(read(file)?.split(find)).toHaveLength(2)
  },
)

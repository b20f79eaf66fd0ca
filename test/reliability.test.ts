import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { casesIn, GROUPS, problemsOf } from './reliability.ts'

const ROOT = join(import.meta.dirname, '..')

function read(file: string): string | undefined {
  const path = join(ROOT, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

describe('docs/internal/reliability.md', () => {
  const cases = casesIn(read('docs/internal/reliability.md') ?? '')

  it('has every case of the catalogue, each with a test that exists or a reason', () => {
    expect(problemsOf(cases, read)).toEqual([])
  })

  it('names a test for most of them', () => {
    const tried = cases.filter(({ tests }) => tests.length > 0)
    expect(tried.length).toBeGreaterThan(80)
  })
})

describe('the table is read so that it can be wrong:', () => {
  const all = Object.entries(GROUPS).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, at) => `| ${group}${at + 1} | x | none: because |`),
  )
  const problems = (lines: readonly string[]) =>
    problemsOf(casesIn(lines.join('\n')), (file) => (file === 'a.test.ts' ? "it('is so', () => {})" : undefined))

  it.each([
    ['a case that is missing', all.slice(1), ['A1 is missing']],
    ['a case that is there twice', [...all, '| A2 | x | none: because |'], ['A2 is there twice']],
    ['a case that is none', [...all, '| Z1 | x | none: because |'], ['Z1 is no case of the catalogue']],
    ['neither test nor reason', ['| A1 | x | later |', ...all.slice(1)], ['A1 names neither a test nor a reason']],
    [
      'a file that is not there',
      ['| A1 | x | `b.test.ts`: is so |', ...all.slice(1)],
      ['A1: there is no file b.test.ts'],
    ],
    [
      'a test that is not there',
      ['| A1 | x | `a.test.ts`: is not so |', ...all.slice(1)],
      ['A1: a.test.ts has no test "is not so"'],
    ],
    ['nothing', ['| A1 | x | with Postgres, `a.test.ts`: is so |', ...all.slice(1)], []],
  ])('%s', (_, lines, wrong) => {
    expect(problems(lines)).toEqual(wrong)
  })
})

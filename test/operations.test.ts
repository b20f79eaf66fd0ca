import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CASES, operationsProblems } from './operations.ts'
import { casesIn } from './reliability.ts'

const ROOT = join(import.meta.dirname, '..')

function read(file: string): string | undefined {
  const path = join(ROOT, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

it('docs/internal/operations.md has every case of the catalogue, each with a test that exists or a reason', () => {
  expect(operationsProblems(casesIn(read('docs/internal/operations.md') ?? ''), read)).toEqual([])
})

describe('its table is read so that it can be wrong:', () => {
  const all = Array.from({ length: CASES }, (_, at) => `| J${at + 1} | x | none: because |`)
  const problems = (lines: readonly string[]) =>
    operationsProblems(casesIn(lines.join('\n')), (file) =>
      file === 'a.test.ts' ? "it('is so', () => {})" : undefined,
    )

  it.each([
    ['nothing', all, []],
    ['a case that is missing', all.slice(1), ['J1 is missing']],
    ['a case that is there twice', [...all, '| J2 | x | none: because |'], ['J2 is there twice']],
    ['a case of another group', [...all, '| A1 | x | none: because |'], ['A1 is no case of the catalogue']],
    ['neither test nor reason', ['| J1 | x | later |', ...all.slice(1)], ['J1 names neither a test nor a reason']],
    [
      'a file that is not there',
      ['| J1 | x | `b.test.ts`: is so |', ...all.slice(1)],
      ['J1: there is no file b.test.ts'],
    ],
    [
      'a test that is not there',
      ['| J1 | x | `a.test.ts`: is not |', ...all.slice(1)],
      ['J1: a.test.ts has no test "is not"'],
    ],
    ['a test that is there', ['| J1 | x | `a.test.ts`: is so |', ...all.slice(1)], []],
  ])('%s', (_, lines, expected) => expect(problems(lines)).toEqual(expected))
})

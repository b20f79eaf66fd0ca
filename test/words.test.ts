import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** What a reader of today stumbles over, and what to write in its place. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, 'again'],
  [/\bgoes on from\b/i, 'continues from'],
  [/\b(?:is|are) none\b/i, 'there is no …, is not a …'],
  [/\b(?:is|are) told\b/i, 'it reports …, it distinguishes …'],
  [/\b(?:is|are) said\b/i, 'the message says …, it warns …'],
]

/** Each line of a text that has one of these words. */
function stumblesIn(path: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, at) =>
    WORDS.flatMap(([word, better]) => {
      const found = word.exec(line)?.[0]
      return found === undefined ? [] : [`${path}:${at + 1}: "${found}": write "${better}"`]
    }),
  )
}

it('messages, comments and pages use the words of today', () => {
  const patterns = ['{packages,apps}/*/src/**/*.{ts,tsx}', 'docs/*.md', '{packages,apps}/*/README.md', '*.md']
  const paths = globSync(patterns, { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
  expect(paths.length).toBeGreaterThan(300)
  expect(paths.flatMap((path) => stumblesIn(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([])
})

it('a word that is not one of today is found, with its line', () => {
  expect(stumblesIn('a.ts', '// fine\n// The limit begins anew.\n')).toEqual(['a.ts:2: "anew": write "again"'])
  const negated = 'NULL where there is none.\nFor a base URL that is none.\nFive are none.\nNone is named.\n'
  expect(stumblesIn('a.md', negated).map((line) => line.split('"')[1])).toEqual(['is none', 'is none', 'are none'])
  const passive = 'Users are told.\nIt is told apart.\nThat is said once.\nIt says so.\n'
  expect(stumblesIn('a.md', passive).map((line) => line.split('"')[1])).toEqual(['are told', 'is told', 'is said'])
})

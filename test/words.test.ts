import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** What a reader of today stumbles over, and what is said in its place. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, 'again'],
  [/\bgoes on from\b/i, 'continues from'],
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
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { codeOf } from './imports.ts'

const ROOT = join(import.meta.dirname, '..')

/** What a reader of today stumbles over, and what to write in its place. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, 'again'],
  [/\bgoes on from\b/i, 'continues from'],
  [/\b(?:is|are) none\b/i, 'there is no …, is not a …'],
  [/\b(?:is|are) told\b/i, 'it reports …, it distinguishes …'],
  [/\b(?:is|are) said\b/i, 'the message says …, it warns …'],
]

/** Identifiers of an earlier vocabulary, and what the field calls them. */
const IDENTIFIERS: readonly (readonly [RegExp, string])[] = [
  [/\b\w*[rR]ereads?\b/, 'resync'],
  [/\b\w*[sS]urvey(?:ed|s)?\b/, 'discover, Discovered…'],
  [/\bsettle\b/, 'minAge'],
  [/\b(?:\w+Rail|rail)\b/, 'deletionLimit, deletionGuard'],
  [/\bsight\b/, 'tracking'],
  [/\b(?:un)?claimed\w*\b/, 'assumed'],
  [/\bgoneAt\b/, 'removedAt'],
  [/\bgoesOn\w*\b/, 'continues…'],
  [/\bblind\b/, 'deletionsUnknown'],
  [/\b(?:lending|giveBack)\b/, 'connection pool: acquire, release, destroy'],
  [/\b(?:uses|Use|SurveyedUse)\b/, 'sources, ConfiguredSource'],
  [/\b(?:MOST|LISTED|KEPT|SHOWN|SAID|WHAT|HELD|TOLD)\b/, 'the same with its noun, as in MAX_ROWS_SHOWN'],
]
/** Ordinary words that name no property: whoever reads one alone does not know what it holds. */
const PROPERTY = /\breadonly #?(seen|told|held|left|late|free|filled|gone|part|parts|use|facts?|live)\??:/
/** Columns of the tables that a comparison keeps for itself. */
const OWN_COLUMNS = 'packages/destination/src/compare/ledger.ts'
/** What names the old words by their names. */
const OLD_WORDS = /(?:state\/(?:migrations|rename-words|views)|duckdb\/numbers|config-problems)\.ts$/

/** Each identifier of a source file that has one of these words, with its line. */
function identifiersIn(path: string, text: string): readonly string[] {
  return codeOf(text)
    .code.split('\n')
    .flatMap((line, at) => {
      const words = IDENTIFIERS.flatMap(([word, better]) => {
        const found = word.exec(line)?.[0]
        return found === undefined ? [] : [`"${found}": call it "${better}"`]
      })
      const property = path === OWN_COLUMNS ? undefined : PROPERTY.exec(line)?.[1]
      const all = property === undefined ? words : [...words, `"${property}": say of what`]
      return all.map((one) => `${path}:${at + 1}: ${one}`)
    })
}

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

it('identifiers are the words of the field', () => {
  const paths = globSync('{packages,apps}/*/src/**/*.{ts,tsx}', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
  const sources = paths.filter((path) => !OLD_WORDS.test(path))
  expect(sources.length).toBeGreaterThan(300)
  expect(sources.flatMap((path) => identifiersIn(path, readFileSync(join(ROOT, path), 'utf8')))).toEqual([])
})

it('an identifier that is not one of them is found, and the same word in a text or a comment is not', () => {
  const found = (text: string) => identifiersIn('a.ts', text).map((line) => line.split('"')[1])
  expect(found('const rereads = []\nstate.claimed\nfunction surveyUse() {}\nconst MOST = 5')).toEqual([
    'rereads',
    'claimed',
    'MOST',
  ])
  expect(found('interface A {\n  readonly left: number\n  readonly rowsLeft: number\n}')).toEqual(['left'])
  expect(found("// rereads are claimed\nconst text = 'settle, uses, MOST'\nconst left = 1")).toEqual([])
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '@tidemark/postgres-server'
import { afterAll, describe, expect, it } from 'vitest'
import { startMariaDb } from '../packages/source-sql/test/mariadb-server.ts'
import type { Case, Reader } from './values/example.ts'
import { generatedCases, type Language } from './values/generated.ts'
import { KINDS } from './values/kinds.ts'
import { type Read, tablesOf } from './values/page.ts'
import { csv, jsonDocument, ndjson, parquet } from './values/readers/files.ts'
import { newFolder } from './values/readers/folder.ts'
import { git } from './values/readers/git.ts'
import { github } from './values/readers/github.ts'
import { rest } from './values/readers/rest.ts'
import { mariadb, postgres, sqlite } from './values/readers/sql.ts'
import { type Outcome, read } from './values/readings.ts'

const PAGE = join(import.meta.dirname, '../docs/values.md')
/** Writes the page: `TIDEMARK_WRITE=1 TIDEMARK_LANE=slow pnpm exec vitest run values.test.ts`. */
const isWriting = process.env['TIDEMARK_WRITE'] === '1'
const SEED = Number(process.env['TIDEMARK_SEED'] ?? Date.now() % 2 ** 31)
/** Generated values of each kind. */
const EACH = 12

const server = await startPostgres()
const maria = await startMariaDb()
afterAll(async () => {
  await server.stop()
  await maria?.stop()
})

const LANGUAGES = new Map<Reader, Language>([
  [csv, 'csv'],
  [ndjson, 'json'],
  [jsonDocument, 'json'],
  [parquet, 'parquet'],
  [postgres(server), 'postgres'],
  ...(maria === undefined ? [] : [[mariadb(maria), 'mariadb'] as const]),
  [sqlite, 'sqlite'],
  [rest, 'json'],
])
const READERS = [...LANGUAGES.keys(), git, github]

async function both(reader: Reader, cases: readonly Case[]): Promise<readonly [Outcome[], Outcome[]]> {
  const { url, schema } = await server.newSchema()
  const [inSqlite, inPostgres] = await read(reader, cases, [join(newFolder(), 'x.db'), url])
  await server.dropSchema(schema)
  return [inSqlite!, inPostgres!]
}

/** What is neither what it should be nor refused with a reason. */
function wrongOf(cases: readonly Case[], outcomes: readonly Outcome[]): readonly unknown[] {
  return cases.flatMap(({ kind, example: { given, means, declared } }, at) => {
    const outcome = outcomes[at]!
    const isRight =
      outcome.is === 'stored' ? outcome.sameness !== 'another' : outcome.is !== 'lost' && outcome.why !== ''
    return isRight ? [] : [{ kind, given: given.slice(0, 200), declared, means, outcome }]
  })
}

const reads: Read[] = []

describe.each(READERS.map((one) => [one.name, one] as const))('a value that %s reads', (name, reader) => {
  it('is what it was in both databases, or is refused with the reason', async () => {
    const cases = KINDS.flatMap((kind) => (reader.examples[kind] ?? []).map((example) => ({ kind, example }))).map(
      (one, at): Case => ({ ...one, number: at + 1 }),
    )
    const [inSqlite, inPostgres] = await both(reader, cases)
    reads.push({ reader: name, cases, sqlite: inSqlite, postgres: inPostgres })
    expect(wrongOf(cases, inSqlite)).toEqual([])
    expect(wrongOf(cases, inPostgres)).toEqual([])
  })
})

describe.each([...LANGUAGES].map(([reader, language]) => [reader.name, reader, language] as const))(
  'any value that %s reads',
  (_name, reader, language) => {
    it(`is what it was in both databases, or is refused with the reason (seed ${SEED})`, async () => {
      const cases = generatedCases(language, EACH, SEED)
      for (const outcomes of await both(reader, cases)) {
        expect(wrongOf(cases, outcomes)).toEqual([])
        // Most fit, so that something was compared.
        expect(outcomes.filter((outcome) => outcome.is === 'stored').length).toBeGreaterThan(cases.length / 2)
      }
    })
  },
)

describe('docs/values.md', () => {
  // Without MariaDB its column cannot be looked at.
  it.skipIf(maria === undefined)('says what became of each value', () => {
    const { summary, values } = tablesOf(reads.filter(({ reader }) => reader !== jsonDocument.name))
    const page = readFileSync(PAGE, 'utf8')
    const written = page
      .replace(
        /(<!-- summary -->\n)[\s\S]*?(<!-- end -->)/,
        (_all, from: string, to: string) => `${from}\n${summary}\n\n${to}`,
      )
      .replace(
        /(<!-- values -->\n)[\s\S]*?(<!-- end -->)/,
        (_all, from: string, to: string) => `${from}\n${values}\n\n${to}`,
      )
    if (isWriting) writeFileSync(PAGE, written)
    expect(page === written || isWriting, 'run it with TIDEMARK_WRITE=1 and look at what changed').toBe(true)
    expect(summary.split('\n')).toHaveLength(KINDS.length + 2)
  })

  it('is the same for a JSON document as for NDJSON', () => {
    const [lines, document] = [ndjson, jsonDocument].map((one) => reads.find(({ reader }) => reader === one.name)!)
    const wordsOf = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome) => (outcome.is === 'refused' ? 'refused' : outcome))
    expect(wordsOf(document!.postgres)).toEqual(wordsOf(lines!.postgres))
  })
})

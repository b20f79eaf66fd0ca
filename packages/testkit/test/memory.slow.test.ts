import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

// What comes in is 150 MB and more each time.
const HEAP_MB = 96
const RSS_MB = 420

interface Outcome {
  readonly written: number
  readonly rejected: number
  readonly failure?: number
  readonly rssMb: number
  readonly matches?: boolean
  readonly moved?: number
}

async function run(url: string, source: string, ...more: readonly string[]): Promise<Outcome> {
  const flags = [`--max-old-space-size=${HEAP_MB}`, '--max-semi-space-size=8', '--no-warnings']
  const program = join(import.meta.dirname, 'memory-run.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, url, source, ...more])
  if (process.env['SHOW_FIGURES'] !== undefined) console.log(source, ...more, stdout)
  return JSON.parse(stdout) as Outcome
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function emptyFile(name = 'x.db'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-memory-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

const PLACES = [
  { name: 'SQLite', empty: () => emptyFile() },
  {
    name: 'Postgres',
    async empty(): Promise<string> {
      const { url, schema } = await server.newSchema()
      onTestFinished(() => server.dropSchema(schema))
      return url
    },
  },
]

describe.each(PLACES)('a run into $name with little memory', ({ empty }) => {
  it.each([
    ['rows', { written: 3150, rejected: 0 }],
    ['whole', { written: 3150, rejected: 0 }],
    ['json', { written: 20, rejected: 0 }],
    // All of them, and once more those whose wide versions did not fit beside the narrow ones.
    ['versions', { written: 284, rejected: 0 }],
    ['rejected', { written: 0, rejected: 150 }],
    ['reasons', { written: 0, rejected: 150 }],
    ['keys', { written: 0, rejected: 150 }],
    ['deletions', { written: 1, rejected: 0 }],
  ])('takes in wide %s', async (source, expected) => {
    const outcome = await run(await empty(), source)
    expect(outcome).toMatchObject(expected)
    expect(outcome.rssMb).toBeLessThan(RSS_MB)
  })

  it('compares wide rows', async () => {
    const { matches, rssMb } = await run(await empty(), 'many', 'verify')
    expect(matches).toBe(true)
    expect(rssMb).toBeLessThan(RSS_MB)
  })

  it('moves wide rows', async () => {
    const { moved, rssMb } = await run(await empty(), 'many', await emptyFile())
    expect(moved).toBe(3400)
    expect(rssMb).toBeLessThan(RSS_MB)
  })

  it('records the beginning of an error that holds what was read', async () => {
    const { failure, rssMb } = await run(await empty(), 'error')
    expect(failure).toBe(10_000)
    expect(rssMb).toBeLessThan(RSS_MB)
  })
})

// DuckDB holds 2048 rows at a time as it writes them into its file, here all wide ones: what came in, once and not thrice.
describe('a run into DuckDB with little memory', () => {
  it.each([
    ['rows', 3150, 520],
    ['whole', 3150, 720],
    ['json', 20, 720],
  ])('takes in wide %s', async (source, written, rssMb) => {
    const outcome = await run(await emptyFile('x.duckdb'), source)
    expect(outcome).toMatchObject({ written, rejected: 0 })
    expect(outcome.rssMb).toBeLessThan(rssMb)
  })
})

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MUTATIONS } from './wrong/mutations.ts'

interface Outcome {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
}

const PACKAGE = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'tidemark-laws-'))
let outcomes: readonly Outcome[] = []

beforeAll(async () => {
  const file = join(folder, 'laws.json')
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs')
  const args = ['run', '--config', 'test/wrong/vitest.config.ts', '--reporter=json', `--outputFile=${file}`]
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS)/.test(name)))
  // Laws fail there, so the process does.
  await promisify(execFile)(process.execPath, [vitest, ...args], { cwd: PACKAGE, env }).catch(() => {})
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as {
    testResults: readonly { readonly assertionResults: readonly Outcome[] }[]
  }
  outcomes = testResults.flatMap(({ assertionResults }) => assertionResults)
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the laws of a destination can fail:', () => {
  it.each(Object.entries(MUTATIONS))('%s', (name, { notices }) => {
    const own = outcomes.filter(({ ancestorTitles }) => ancestorTitles.includes(name))
    const failed = own.filter(({ status }) => status === 'failed').map(({ title }) => title)
    expect(failed).toContain(notices)
    // One promise is broken, and others are kept: a law fails for its reason, not because nothing works.
    expect(own.filter(({ status }) => status === 'passed').length).toBeGreaterThan(0)
  })

  it('and there are many of them', () => {
    expect(Object.keys(MUTATIONS).length).toBe(40)
    expect(
      new Set(outcomes.map(({ ancestorTitles }) => ancestorTitles.find((one) => Object.hasOwn(MUTATIONS, one)))).size,
    ).toBe(40)
  })
})

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { TAKEN_OUT } from './rules/feed-rules.ts'

interface Outcome {
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly failureMessages: readonly string[]
}

/** The name of a test as a pattern of names: of one that is given for many values, ten. */
const patternOf = (name: string): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%i', '\\d')

/** Runs the test of a rule without the rule. */
async function outcomesOf(at: number): Promise<readonly Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-rules-'))
  const file = join(folder, 'outcomes.json')
  const vitest = fileURLToPath(import.meta.resolve('vitest/package.json')).replace('package.json', 'vitest.mjs')
  const reporter = ['--reporter=json', `--outputFile=${file}`]
  const args = ['run', '--config', 'rules/vitest.config.ts', '-t', `${patternOf(TAKEN_OUT[at]!.test.name)}$`]
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS)/.test(name))
  const env = { ...Object.fromEntries(own), TIDEMARK_RULE: String(at) }
  try {
    // Tests fail there, so the process does.
    await promisify(execFile)(process.execPath, [vitest, ...args, ...reporter], {
      cwd: import.meta.dirname,
      env,
    }).catch(() => {})
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly testResults: readonly { readonly assertionResults: readonly Outcome[] }[]
    }
    return testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status !== 'skipped')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('a rule of feeds that is taken out is noticed:', () => {
  it.each(TAKEN_OUT.map(({ id, wrong }, at) => [id, wrong, at] as const))('%s: %s', async (_id, wrong, at) => {
    const failed = (await outcomesOf(at)).filter(({ status }) => status === 'failed')
    const said = failed[0]?.failureMessages[0]?.split('\n    at ')[0] ?? ''
    console.info(`${wrong}: ${failed.length} failed: ${said.slice(0, 300).replaceAll(/\s+/g, ' ')}`)
    // Of sources that cannot be loaded no test is run, so none fails.
    expect(failed).not.toEqual([])
  })
})

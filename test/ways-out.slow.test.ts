import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '@tidemark/postgres-server'
import { afterAll, describe, expect, it } from 'vitest'
import { entriesIn } from './errors.ts'
import { OF_APIS } from './ways-out/of-apis.ts'
import { OF_DATABASES } from './ways-out/of-databases.ts'
import { OF_FILES } from './ways-out/of-files.ts'
import { OF_RUNS } from './ways-out/of-runs.ts'
import { OF_SOURCES } from './ways-out/of-sources.ts'
import { OF_SYSTEMS } from './ways-out/of-systems.ts'
import { OF_VERBS } from './ways-out/of-verbs.ts'
import { World } from './ways-out/way-out.ts'

const WAYS = [...OF_VERBS, ...OF_SOURCES, ...OF_FILES, ...OF_APIS, ...OF_SYSTEMS, ...OF_RUNS, ...OF_DATABASES]

/** Entries that name a command or a line of config, and are not walked here, with the reason. */
const NOT_WALKED: Readonly<Record<string, string>> = {
  'columns-changed': 'the same run reads the table with its new columns: nothing fails, and nothing is left to do',
  ...notWalked(
    ['program-silent', 'no-python', 'packages'],
    'it needs a program that misbehaves: packages/child-process/test and packages/source-fivetran/test make one',
  ),
  ...notWalked(
    ['connector-exited', 'incomplete-key', 'key-type-changed'],
    'it needs a connector that misbehaves: packages/source-fivetran/test has one for each',
  ),
  ...notWalked(
    ['tap-catalog', 'tap-option', 'tap-failed', 'tap-output', 'tap-key', 'tap-batch', 'tap-stream'],
    'it needs a tap that misbehaves: packages/source-singer/test has one for each',
  ),
  ...notWalked(
    ['offset', 'transaction-size'],
    'it needs a feed that misbehaves: packages/engine/test/feeds.test.ts has one',
  ),
  ...notWalked(
    ['log', 'log-rights', 'log-room', 'log-identity', 'log-publication', 'log-held'],
    'it needs a server with a log of changes: packages/source-sql/test/log.slow.test.ts, log-lost.slow.test.ts and log-check.slow.test.ts have one for each',
  ),
  peer: 'it installs a package: walked with the packed packages, in scaffold/peer.test.ts',
  stuck: 'every question to a source has a time limit, which ends the wait before: no source gets there',
}

function notWalked(codes: readonly string[], why: string): Readonly<Record<string, string>> {
  return Object.fromEntries(codes.map((code) => [code, why]))
}

const postgres = await startPostgres()
afterAll(() => postgres.stop())

describe('what a message says to do works:', () => {
  it.concurrent.for(WAYS)('$code, $title', ({ walk }, { onTestFinished }) => walk(new World(postgres, onTestFinished)))
})

it('every entry that names a command or a line of config is walked, or is listed with the reason why not', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8')
  const entries = entriesIn(page)
  const named = entries.filter(({ text }) => text.split('**Fix.**')[1]?.includes('`')).map(({ code }) => code)
  const walked = new Set(WAYS.map(({ code }) => code))
  expect(named.filter((code) => !walked.has(code) && NOT_WALKED[code] === undefined)).toEqual([])
  expect(Object.keys(NOT_WALKED).filter((code) => walked.has(code) || !named.includes(code))).toEqual([])
  expect([...walked].filter((code) => !entries.some((entry) => entry.code === code))).toEqual([])
  expect(named.length).toBeGreaterThan(40)
})

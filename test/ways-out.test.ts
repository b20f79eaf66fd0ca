import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entriesIn } from './errors.ts'
import { OF_APIS } from './ways-out/of-apis.ts'
import { OF_FILES } from './ways-out/of-files.ts'
import { OF_SOURCES } from './ways-out/of-sources.ts'
import { OF_SYSTEMS } from './ways-out/of-systems.ts'
import { OF_VERBS } from './ways-out/of-verbs.ts'
import { World } from './ways-out/way-out.ts'

const WAYS = [...OF_VERBS, ...OF_SOURCES, ...OF_FILES, ...OF_APIS, ...OF_SYSTEMS]

/** Entries that name a command or a line of config, and are not walked here, with the reason. */
const NOT_WALKED: Readonly<Record<string, string>> = {
  certificate: 'the authority that signed a certificate is added for the whole process; the tests of http do that',
  'columns-changed': 'the same run reads the table with its new columns: nothing is left to do',
  'destination-locked': 'another program holds a lock in Postgres; its way out is a view of the server',
  'destination-moving': 'a move is killed in the middle; the tests of the testkit do that',
  'destination-unavailable': 'the flags that it names keep a runner waiting; the tests of the service do that',
  'dubious-ownership': 'the repository belongs to another user of the machine',
  listen: 'the runner goes on; the tests of the service do that',
  'max-time': 'the next run tries again; the command only looks',
  'no-answer-yet': 'the run waits for an answer; the command only looks',
  'not-there': 'the way out is the address of a database that only its user knows',
  'partial-clone': 'the tests of the git source fetch what is missing',
  peer: 'a registry would be asked',
  'rate-limited': 'nothing is to be done but to wait',
  schema: 'the line is the one of a table that is paused',
  'source-package': 'the line is for the author of a source',
  stalled: 'the line is the one of a question without an answer, and the wait five times as long',
  stuck: 'the flag shows how far the source came; the rest is for its author',
  'table-locked': 'a session of Postgres is ended by its number',
}

describe('what a message says to do works:', { timeout: 60_000 }, () => {
  it.concurrent.for(WAYS)('$code, $title', ({ walk }, { onTestFinished }) => walk(new World(onTestFinished)))
})

it('every entry that names a command or a line of config is walked, or is listed with the reason why not', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8')
  const entries = entriesIn(page)
  const named = entries.filter(({ text }) => text.split('**Cure.**')[1]?.includes('`')).map(({ code }) => code)
  const walked = new Set(WAYS.map(({ code }) => code))
  expect(named.filter((code) => !walked.has(code) && NOT_WALKED[code] === undefined)).toEqual([])
  expect(Object.keys(NOT_WALKED).filter((code) => walked.has(code) || !named.includes(code))).toEqual([])
  expect([...walked].filter((code) => !entries.some((entry) => entry.code === code))).toEqual([])
  expect(named.length).toBeGreaterThan(40)
})

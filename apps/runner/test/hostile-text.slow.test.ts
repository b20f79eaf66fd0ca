import { expect, it } from 'vitest'
import { jsonText } from '../src/json-text.ts'
import { testProject } from './test-project.ts'

// What a terminal obeys: a title, a colour by one C1 character, a letter that turns the line around.
const EVIL = '\u001b]0;owned\u0007\u009b31m<script>alert(1)</script>\u202e\u0008'
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const EVIL = ${JSON.stringify(EVIL).replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)}
const source = defineSource({ name: 'evil' })
const row = z.object({ id: z.int(), text: z.string(), ['col' + EVIL]: z.string() })
const t = (name, read, more = {}) => source.table({ name, row, primaryKey: ['id'], read, ...more })
export default register(source.with(({ log }) => { log.warn('finding ' + EVIL, { [EVIL]: EVIL }); console.log(EVIL); return [
  t('rows' + EVIL, async function* () { yield [{ id: 1, text: EVIL, ['col' + EVIL]: EVIL }, { id: 2, text: 7, ['col' + EVIL]: EVIL }] }),
  t('throws', async function* () { throw new Error('no ' + EVIL) }),
  t('parts', async function* ({ partition }) { throw new Error('no ' + partition) }, { partitions: source.partitions(() => ['p' + EVIL]) }),
] }))`

it('nothing that a source or a database holds is obeyed by a terminal, whatever is shown', async () => {
  const project = testProject()
  project.install('evil', SOURCE)
  const table = `evil_rows${EVIL}`
  const quoted = `"${table}"`
  let shown = ''
  for (const args of [
    ['sync', '--verbose'],
    ['sync', '--json'],
    ['status'],
    ['status', '--json'],
    ['plan'],
    ['plan', '--json'],
    ['check'],
    ['runs'],
    ['runs', '1'],
    ['runs', '1', '--json'],
    ['tables'],
    ['tables', '--json'],
    ['show', table],
    ['show', table, '--json'],
    ['query', `select * from ${quoted}`],
    ['query', `select * from ${quoted}`, '--json'],
    ['rejects'],
    ['rejects', '--json'],
    ['rejects', 'show', '1'],
    ['rejects', 'retry', '--json'],
    ['resync', table],
    ['sync', `no${EVIL}`],
    [`verb${EVIL}`],
  ]) {
    const { stdout, stderr } = await project.run(args)
    shown += stdout + stderr
    expect(stdout + stderr, args.join(' ')).not.toMatch(OBEYED)
  }
  // It was there all the time.
  expect(shown).toContain('<script>alert(1)</script>')
})

it('JSON for a terminal is the same JSON', () => {
  const document = { [EVIL]: [EVIL, 'naïve 日本 👍', 9_007_199_254_740_993n] }
  const text = jsonText(document)
  expect(text).not.toMatch(OBEYED)
  expect(JSON.parse(text)).toEqual({ [EVIL]: [EVIL, 'naïve 日本 👍', '9007199254740993'] })
})

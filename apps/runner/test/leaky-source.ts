import { expect } from 'vitest'
import { reference, type TestProject, testProject } from './test-project.ts'

export const TOKEN = 'canary+/7f3a"x y'
export const LONGER = `${TOKEN}-and-the-rest`
export const PASSWORD = 'p4ss-canary'

/** What a secret looks like when it is told in other ways. */
export const FORMS = [
  TOKEN,
  encodeURIComponent(TOKEN),
  JSON.stringify(TOKEN).slice(1, -1),
  JSON.stringify(JSON.stringify(TOKEN)).slice(3, -3),
  // As APIs echo it.
  JSON.stringify(TOKEN).slice(1, -1).replaceAll('/', '\\/'),
  encodeURIComponent(encodeURIComponent(TOKEN)),
  TOKEN.replaceAll('"', '&quot;'),
  TOKEN.replace('+', '\\u002B'),
  Buffer.from(TOKEN).toString('hex'),
  // What is left where a form was not known.
  'canary+',
  Buffer.from(TOKEN).toString('base64'),
  Buffer.from(`user:${TOKEN}`).toString('base64'),
  PASSWORD,
  // One secret begins the other: what is left of the longer one is told by nobody.
  LONGER.slice(TOKEN.length),
]

// Tells its secret in every way that a source has.
const LEAKY = `
import { defineSource, register, secret, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({
  name: 'leaky',
  config: z.object({ auth: z.object({ token: secret(), longer: secret() }), url: z.string(), fail: z.string() }),
  connect: (config, { log }) => {
    log.info('connecting with ' + config.auth.token, { url: config.url, token: config.auth.token })
    log.debug('again ' + encodeURIComponent(config.auth.token))
    console.log('console', config)
    if (config.fail === 'connect') throw new Error('401 for ' + JSON.stringify(config))
    return config
  },
})
const t = (name, read) => source.table({ name, row: z.object({ id: z.int() }), primaryKey: ['id'], read })
const echoed = (token) => [
  JSON.stringify(token).replaceAll('/', '\\\\/'), encodeURIComponent(encodeURIComponent(token)), token.replaceAll('"', '&quot;'),
  token.replace('+', '\\\\u002B'), Buffer.from(token).toString('hex'), token.slice(0, 6) + '\\r\\n ' + token.slice(6), token.slice(0, 8) + '\\u001b[0m' + token.slice(8),
]
const all = ({ auth: { token, longer }, url }) => [longer, encodeURIComponent(longer), JSON.stringify(longer), token, encodeURIComponent(token), JSON.stringify(token), btoa(token), btoa('user:' + token), url, ...echoed(token)].join(' ')
export default register(source.with([
  t('throws', async function* ({ client }) { throw new Error(all(client)) }),
  t('says', async function* ({ client, log }) { log.warn(all(client)); throw new SyncError(all(client), 'fix-config', { cause: new Error(all(client)) }) }),
  t('rejects', async function* ({ client }) { yield [{ id: 1 }, { id: all(client) }] }),
]))`

/** A project with that source, whose secrets are in the environment and in a URL. @param fail what fails */
export function leakyProject(fail: string, more: Record<string, unknown> = {}): TestProject {
  const project = testProject()
  project.install('leaky', LEAKY)
  const auth = { token: reference('TOKEN'), longer: reference('LONGER') }
  project.config({
    ...more,
    sources: { leaky: { config: { auth, url: `https://me:${PASSWORD}@example.org/x`, fail } } },
  })
  return project
}

/** @param told all that was said @param more secrets beside those of the source */
export function expectNoSecret(told: readonly string[], more: readonly string[] = []): void {
  expect(told.join('')).toContain('***')
  for (const form of [...FORMS, ...more]) {
    const at = told.findIndex((text) => text.includes(form))
    expect(at, `${form} in ${told[at]?.slice(0, 2000)}`).toBe(-1)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '@tidemark/postgres-server'
import { expect, it, onTestFinished } from 'vitest'
import { expectNoSecret, LONGER, leakyProject, TOKEN } from '../leaky-source.ts'
import type { TestProject } from '../test-project.ts'
import { rawRequest } from './raw-request.ts'
import { startUi } from './start-ui.ts'

const SECRETS = { TOKEN, LONGER }

async function wholeAnswers(
  project: TestProject,
): Promise<{ readonly told: readonly string[]; readonly action: string }> {
  for (let run = 0; run < 2; run++) await project.run(['sync', '--verbose'], SECRETS)
  const { port, origin, token = '' } = await startUi(project, ['--allow-actions'], SECRETS)
  const told: string[] = []
  const ask = async (path: string): Promise<string> => {
    const { body, headers } = await rawRequest({ port, path, headers: { host: `127.0.0.1:${port}` } })
    told.push(body, JSON.stringify(headers))
    return body
  }
  const heard = new AbortController()
  const events = fetch(`${origin}/api/events`, { signal: heard.signal })
  const listening = events.then(async ({ body }) => {
    for await (const piece of body!.pipeThrough(new TextDecoderStream())) told.push(piece)
  })
  const post = (path: string, body: unknown, given: string) => {
    const headers = { host: `127.0.0.1:${port}`, origin, 'content-type': 'application/json', 'x-tidemark-token': given }
    return rawRequest({ port, path, method: 'POST', headers, body: JSON.stringify(body) })
  }
  told.push((await post('/api/actions/start', { verb: 'sync' }, 'guessed')).body)
  const started = await post('/api/actions/start', { verb: 'sync' }, token)
  expect(started.status).toBe(200)
  told.push(started.body)
  let action = ''
  for (let at = 0; at < 400 && !/"exit_code":\d/.test(action); at++, await sleep(50)) action = await ask('/api/action')
  const tables = ['leaky_throws', 'leaky_says', 'leaky_rejects']
  for (const path of ['/', '/table', '/runs', '/run', '/app.js', '/app.css', '/api/overview', '/api/runs', '/nothing'])
    await ask(path)
  for (const what of ['table', 'partitions', 'rejects', 'rows'])
    for (const name of tables) await ask(`/api/${what}?name=${name}`)
  const runs = JSON.parse(await ask('/api/runs')) as { runs: { id: number }[] }
  expect(runs.runs.length).toBeGreaterThan(2)
  for (const { id } of runs.runs) await ask(`/api/run?id=${id}`)
  await sleep(1500)
  heard.abort()
  await listening.catch(() => {})
  // The token of the page is in the address that is printed, and in no answer.
  expect(told.findIndex((text) => text.includes(token))).toBe(-1)
  return { told, action }
}

it.each(['connect', 'read'])('no answer of the dashboard holds a secret where it fails to %s', async (fail) => {
  const { told, action } = await wholeAnswers(leakyProject(fail))
  expect(action).toContain('***')
  expectNoSecret(told)
})

it('nor the password of its database', async () => {
  const server = await startPostgres()
  onTestFinished(() => server.stop())
  const { url } = await server.newSchema()
  const { password } = new URL(url)
  expect(password).not.toBe('')
  const { told } = await wholeAnswers(leakyProject('read', { destination: url }))
  expectNoSecret(told, [
    password,
    decodeURIComponent(password),
    JSON.stringify(decodeURIComponent(password)).slice(1, -1),
  ])
})

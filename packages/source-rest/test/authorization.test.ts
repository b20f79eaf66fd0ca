import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

const KEY = 'key-that-nobody-prints'

it('a table is read with a session that ends in the middle of its pages', async () => {
  const sessions = new Map<string, number>()
  const api = await Api.open((response, { path, query, headers, body }) => {
    if (path === '/login') {
      const session = `session-${sessions.size}`
      sessions.set(session, 2)
      return json(response, { given: JSON.parse(body) === undefined ? '' : { session } })
    }
    const left = sessions.get(String(headers['x-session'])) ?? 0
    sessions.set(String(headers['x-session']), left - 1)
    if (left === 0) return json(response, { message: 'session expired' }, 401)
    const at = Number(query.get('offset'))
    json(response, at < 20 ? [{ id: at }, { id: at + 1 }] : [])
  })
  const { sync, rows } = await world()
  await sync({
    baseUrl: api.url,
    authorization: {
      type: 'session',
      loginUrl: `${api.url}/login`,
      body: { user: 'reader', password: KEY },
      at: 'given.session',
      header: 'X-Session',
      scheme: '',
    },
    tables: { t: { path: '/t', primaryKey: ['id'], pagination: { type: 'offset' } } },
  })
  expect(await rows('SELECT count(*) AS n FROM api_t')).toEqual([{ n: 20 }])
})

it('a table is read with requests that are signed one by one', async () => {
  const api = await Api.open((response, { query, headers }) => {
    query.delete('signature')
    const signature = createHmac('sha256', KEY).update(query.toString()).digest('hex')
    const asked = new URLSearchParams(query)
    const isGood = headers['x-signature'] === signature
    json(response, isGood ? [{ id: asked.get('n') }] : { code: -1022 }, isGood ? 200 : 403)
  })
  const { sync, run, warnings } = await world()
  const authorization = {
    type: 'hmac',
    key: KEY,
    message: '{query}',
    header: 'X-Signature',
    params: { at: '{timestamp}' },
  }
  const config = {
    baseUrl: api.url,
    authorization,
    tables: { t: { path: '/t', params: { n: 5 }, primaryKey: ['id'] } },
  }
  await sync(config)
  const report = await run({ ...config, authorization: { ...authorization, message: '{method}{query}' } })
  expect(report.tables[0]!.failures[0]!.failure).toMatchObject({ code: 'forbidden' })
  expect(JSON.stringify([report, warnings])).not.toContain(KEY)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@tidemark/postgres-server/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configOf } from './configs.ts'
import { failuresIn, world } from './world.ts'

// Installed by .ci/install-stripe-mock.
const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go/bin')]
const PROGRAM = folders.map((folder) => join(folder, 'stripe-mock')).find((path) => existsSync(path))
const WITHOUT =
  PROGRAM === undefined ? ' (skipped: stripe-mock is not installed; .ci/install-stripe-mock does that)' : ''

describe.skipIf(PROGRAM === undefined)(`stripe-mock${WITHOUT}`, () => {
  let program: ChildProcess
  let url = ''

  beforeAll(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    program = spawn(PROGRAM!, ['-http-addr', `127.0.0.1:${port}`], { stdio: 'ignore' })
    for (let tries = 0; tries < 300; tries++) {
      const isThere = await fetch(url).then(
        () => true,
        () => false,
      )
      if (isThere) return
      await sleep(100)
    }
    throw new Error('stripe-mock does not answer')
  })

  afterAll(() => {
    program.kill()
  })

  it('accepts every request of the config, and its rows become tables', async () => {
    const config = await configOf('stripe.ts')
    const { run, count, columns } = await world()
    const report = await run({ ...config, authorization: { type: 'bearer', token: 'sk_test_1' }, baseUrl: `${url}/v1` })
    const tables = Object.keys(config.tables)
    expect(failuresIn(report)).toEqual(Object.fromEntries(tables.map((name) => [`api_${name}`, []])))
    for (const name of tables.filter((one) => !['events', 'invoice_lines'].includes(one)))
      expect([name, await count(name)]).toEqual([name, 1])
    expect(await count('invoice_lines')).toBe(1)
    expect(await columns('customers')).toEqual(expect.arrayContaining(['id', 'created', 'email', 'metadata']))
  })

  it('accepts the requests for further pages, from what stands before it and makes three of one', async () => {
    const refused: string[] = []
    const pager = createServer(async (request, response) => {
      const asked = new URL(request.url ?? '', url)
      const answer = await fetch(asked, { method: request.method!, headers: { authorization: 'Bearer sk_test_1' } })
      const text = await answer.text()
      if (!answer.ok) refused.push(`${answer.status} ${request.url}: ${text}`)
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      if (!answer.ok || request.method === 'HEAD') return response.end(text)
      const after = /-(\d)$/.exec(asked.searchParams.get('starting_after') ?? '')
      const page = after === null ? 1 : Number(after[1]) + 1
      const body = JSON.parse(text) as { data: { id: string; created: number }[]; has_more: boolean }
      const created = Math.floor(Date.now() / 1000) - 3600 - page
      const data = body.data.map((row) => ({ ...row, id: `${row.id}-${page}`, created }))
      return response.end(JSON.stringify({ ...body, data, has_more: page < 3 }))
    }).listen(0, '127.0.0.1')
    await once(pager, 'listening')
    const baseUrl = `http://127.0.0.1:${(pager.address() as AddressInfo).port}/v1`
    const config = await configOf('stripe.ts')
    const { customers, events } = config.tables
    const { run, count } = await world()
    try {
      const report = await run({ ...config, baseUrl, tables: { customers, events } })
      expect([refused, failuresIn(report)]).toEqual([[], { api_customers: [], api_events: [] }])
      expect([await count('customers'), await count('events')]).toEqual([3, 3])
    } finally {
      pager.closeAllConnections()
      pager.close()
    }
  })

  it('refuses what Stripe does not have', async () => {
    const tables = { t: { path: '/customers', rows: 'data', params: { page: 1 }, pagination: { type: 'none' } } }
    const { run } = await world()
    const report = await run({ baseUrl: `${url}/v1`, authorization: { type: 'bearer', token: 'sk_test_1' }, tables })
    expect(failuresIn(report)['api_t']![0]).toContain('additional properties are not allowed')
  })
})

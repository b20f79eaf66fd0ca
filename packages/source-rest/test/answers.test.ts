import { describe, expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { Api, json, world } from './harness.ts'

const LIST = { path: '/t', rows: 'data', primaryKey: ['id'] }
const FIFTY = Array.from({ length: 50 }, (_, id) => ({ id }))

describe('an answer 200 that is an error', () => {
  it.each<[string, object, object, object]>([
    ['a flag', { success: false, message: 'rate limited', data: [] }, {}, { remedy: 'retry', code: 'rate-limited' }],
    ['a code', { code: 50001, message: 'busy', data: [] }, {}, { remedy: 'retry', code: 'error-body' }],
    ['a status', { status: 'error', data: [] }, {}, { remedy: 'fix-config', code: 'error-body' }],
    ['a fault', { fault: { faultstring: 'no' }, data: [] }, {}, { remedy: 'fix-config', code: 'error-body' }],
    [
      'what the table declares',
      { state: 'half', data: [] },
      { success: { at: 'state', equals: 'whole' } },
      { remedy: 'fix-config', code: 'error-body' },
    ],
  ])('by %s leaves the rows of a table as they are', async (_, body, more, failure) => {
    let isBroken = false
    const api = await Api.open((response) => json(response, isBroken ? body : { data: FIFTY, state: 'whole' }))
    const { run, sync, rows } = await world()
    const config = { baseUrl: api.url, attempts: 1, tables: { t: { ...LIST, ...more } } }
    await sync(config, { deletes: 'hard' })
    isBroken = true
    const report = await run(config, { deletes: 'hard' })
    expect(report.exitCode).not.toBe(0)
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject(failure)
    expect(await rows('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 50 }])
  })

  it('covers no window of a table with a cursor', async () => {
    let isBroken = true
    const at = new Date(Date.now() - 3_600_000).toISOString()
    const api = await Api.open((response) =>
      json(response, isBroken ? { code: 1, msg: 'no', data: [] } : { code: 0, data: [{ id: 1, at }] }),
    )
    const { run, sync, rows } = await world()
    const table = { ...LIST, cursor: 'at', params: { since: '{from}' }, columns: { id: 'integer', at: 'timestamp' } }
    const success = { at: 'code', equals: 0, message: 'msg' }
    const config = { baseUrl: api.url, success, tables: { t: { ...table, infer: false } } }
    expect((await run(config)).exitCode).not.toBe(0)
    isBroken = false
    await sync(config)
    expect(await rows('SELECT id FROM api_t')).toEqual([{ id: 1 }])
  })

  it('is asked again where the config says that it may pass', async () => {
    let answers = 0
    const api = await Api.open((response) =>
      json(response, ++answers === 2 ? { ok: 'no', data: [] } : { ok: 'yes', data: FIFTY }),
    )
    const { sync } = await world()
    const failure = { at: 'ok', equals: 'no', retry: true }
    const [table] = await sync({ baseUrl: api.url, failure, tables: { t: LIST } })
    expect(table!.rows.written).toBe(50)
    expect(answers).toBe(3)
  })

  it('is told apart by a table in its own way, and not where the names mean something else', async () => {
    const api = await Api.open((response, { path }) =>
      path === '/a' ? json(response, { fine: 0, data: [] }) : json(response, { status: 'failed', data: [] }),
    )
    const { run } = await world()
    const columns = { id: 'integer' }
    const config = {
      baseUrl: api.url,
      success: { at: 'fine', equals: 1 },
      tables: {
        a: { ...LIST, path: '/a', columns, success: { at: 'fine', equals: [0, 1] } },
        b: { ...LIST, path: '/b', columns, success: { at: 'status', equals: 'failed' } },
        c: { ...LIST, path: '/c', columns },
      },
    }
    const report = await run(config)
    expect(report.tables.map(({ failures }) => failures.length)).toEqual([0, 0, 1])
    expect(report.tables[2]!.failures[0]!.failure.message).toContain('"fine" is absent, not 1')
  })

  it.each([
    [{ at: 'x', equals: 1, absent: true }, 'say "equals" or "absent", not both'],
    [{ at: 'x', equals: [] }, 'success'],
    [{ equals: 1 }, 'success'],
  ])('cannot be declared as %j', (success, message) => {
    const parsed = RestConfig.safeParse({ baseUrl: 'https://x.example', tables: { t: { path: '/t', success } } })
    expect(JSON.stringify(parsed.error?.issues)).toContain(message.replaceAll('"', '\\"'))
  })
})

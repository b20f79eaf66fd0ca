import { describe, expect, it } from 'vitest'
import type { AnswerChecks } from '../src/answer-checks.ts'
import { pages } from '../src/pages.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

const read = async (body: unknown, options: AnswerChecks & { none?: 'null' | 'absent' } = {}) => {
  const api = await serve((response) => json(response, JSON.stringify(body)))
  const http = client(api.url, { authorization: { type: 'bearer', token: 'secret-token-1' } })
  const work = collect(pages(http, { request: { path: '/t' }, rows: 'data', ...options }))
  return { work, asked: api.asked }
}

const RETRY = { remedy: 'retry', code: 'error-body' }
const LIMIT = { remedy: 'retry', code: 'rate-limited' }
const WRONG = { remedy: 'fix-source', code: 'error-body' }

describe('an answer 200 that its body calls an error is not an empty list', () => {
  it.each<[unknown, object]>([
    [{ success: false, message: 'rate limited', data: [] }, LIMIT],
    [{ success: 'false', data: [] }, WRONG],
    [{ success: 0, data: [] }, WRONG],
    [{ ok: false, description: 'no such chat', data: [] }, WRONG],
    [{ success: false, data: [{ id: 1 }] }, WRONG],
    [{ code: 50001, message: 'rate limited', data: [] }, LIMIT],
    [{ code: 50001, message: 'busy', data: [] }, RETRY],
    [{ code: '404', data: [] }, WRONG],
    [{ code: -1, data: null }, WRONG],
    [{ status: 'error', data: [] }, WRONG],
    [{ status: 'FAILED', data: [] }, WRONG],
    [{ stat: 'fail', data: [] }, WRONG],
    [{ status: 503, data: [] }, RETRY],
    [{ status: { error_code: 1008, error_message: 'You have exceeded your rate limit' }, data: [] }, LIMIT],
    [{ meta: { code: 400 }, data: [] }, WRONG],
    [{ fault: { faultstring: 'Invalid ApiKey' }, data: [] }, WRONG],
    [{ errcode: 40001, errmsg: 'invalid credential', data: [] }, WRONG],
    [{ error: 'no', data: [] }, WRONG],
    [{ errors: [{ message: 'try again later' }], data: [] }, RETRY],
    [{ error: { message: 'too many requests' }, data: null }, LIMIT],
    [{ message: 'API rate limit exceeded', data: [] }, LIMIT],
    [{ msg: 'token expired', data: [] }, WRONG],
    [{ data: [{ id: 1 }], timed_out: true }, RETRY],
    [{ data: [{ id: 1 }], total_count: 1, incomplete_results: true }, RETRY],
  ])('%j', async (body, failure) => {
    const { work } = await read(body, { none: 'absent' })
    expect(await errorOf(work)).toMatchObject(failure)
  })

  it('beside the list too, wherever the list is', async () => {
    const { work } = await read({ data: { status: 'error', list: [] } }, { rows: 'data.list' })
    expect(await errorOf(work)).toMatchObject(WRONG)
  })

  it.each<[unknown, AnswerChecks]>([
    [{ success: true, message: 'ok', code: 0, data: [] }, {}],
    [{ status: 'ok', code: 200, error_code: '0', errmsg: 'success', data: [] }, {}],
    [{ status: 200, code: '00000', errors: [], error: null, fault: {}, data: [] }, {}],
    [{ code: 20000, message: 'no rows', data: [] }, {}],
    [{ success: false, error: 'always here', data: [] }, { errors: [] }],
    [{ success: false, code: 7, data: [] }, { success: { at: 'code', equals: [0, 7] } }],
  ])('but %j is', async (body, options) => {
    expect(await (await read(body, options)).work).toEqual([])
  })

  it.each([
    { status: 'failed', code: 500, message: 'access denied', data: [{ id: 1 }] },
    { result: 'error', err: 'x', data: [{ id: 1 }] },
  ])('nor is one with rows, whose words may be theirs: %j', async (body) => {
    expect(await (await read(body)).work).toEqual([{ id: 1 }])
  })
})

describe('what an answer must say can be declared', () => {
  const body = { success: true, code: 7, state: 'ready', data: [{ id: 1 }], fail: { text: 'no secret-token-1' } }
  it.each<[string, AnswerChecks, object | undefined]>([
    ['a value that it has', { success: { at: 'success', equals: true } }, undefined],
    ['a value as a text', { success: { at: 'code', equals: '7' } }, undefined],
    ['one of several', { success: { at: 'code', equals: [0, 7] } }, undefined],
    ['something', { success: { at: ['state'] } }, undefined],
    ['nothing', { success: { at: 'fault', absent: true } }, undefined],
    [
      'several things',
      {
        success: [
          { at: 'success', equals: true },
          { at: 'code', equals: [0] },
        ],
      },
      WRONG,
    ],
    ['another value', { success: { at: 'code', equals: 0 } }, WRONG],
    ['none of several', { success: { at: 'code', equals: [0, 200] } }, WRONG],
    ['what is not there', { success: { at: 'ready' } }, WRONG],
    ['nothing where there is something', { success: { at: 'fail', absent: true } }, WRONG],
    ['a failure by value', { failure: { at: 'code', equals: [6, 7] } }, WRONG],
    ['a failure by name', { failure: { at: 'fail' } }, WRONG],
    ['a failure by absence', { failure: { at: 'token', absent: true } }, WRONG],
    ['a failure that may pass', { failure: { at: 'code', equals: 7, retry: true } }, RETRY],
    ['failures that are others', { failure: [{ at: 'code', equals: 8 }, { at: 'fault' }] }, undefined],
  ])('%s', async (_, checks, failure) => {
    const { work } = await read(body, checks)
    if (failure === undefined) expect(await work).toEqual([{ id: 1 }])
    else expect(await errorOf(work)).toMatchObject(failure)
  })

  it('with where its message is; what is shown is one short line without secrets', async () => {
    const failure = { at: 'code', equals: 7, message: 'fail.text' }
    const { message } = await errorOf((await read(body, { failure })).work)
    expect(message).toMatch(/returned an error instead of data \("code" is 7\): no \*\*\*$/)
    const long = { code: 7, msg: `secret-token-1 ${'x'.repeat(5000)}\u001b[31m\nend`, data: [] }
    const shown = (await errorOf((await read(long, { success: { at: 'code', equals: 0 } })).work)).message
    expect(shown.length).toBeLessThan(400)
    expect(shown).toContain('"code" is 7, not 0')
    expect(shown).not.toMatch(/secret-token|\u001b|\n/)
  })

  it('also of a body that is the one row', async () => {
    const checks = { rows: '', single: true, success: { at: 'code', equals: 0 } } as const
    expect(await errorOf((await read({ code: 1 }, checks)).work)).toMatchObject(WRONG)
    expect(await (await read({ code: 0, error: 'a field' }, checks)).work).toEqual([{ code: 0, error: 'a field' }])
  })

  it('and a limit that is told so is waited for, and asked again', async () => {
    const api = await serve((response, _asked, number) =>
      number === 1
        ? json(response, { success: false, message: 'rate limited', data: [] }, 200, { 'retry-after': '7' })
        : json(response, { success: true, data: [{ id: 1 }] }),
    )
    expect(await collect(pages(client(api.url), { request: { path: '/t' }, rows: 'data' }))).toEqual([{ id: 1 }])
    expect(api.asked).toHaveLength(2)
  })
})

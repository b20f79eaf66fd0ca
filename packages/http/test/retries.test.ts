import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../src/http-failure.ts'
import { client, errorOf, json, patientClock, serve } from './unruly-server.ts'

describe('an answer that may be another the next time', () => {
  it.each([500, 502, 503, 504, 408, 425, 429])('%i twice, then the data', async (status) => {
    const api = await serve((response, _asked, number) =>
      number <= 2 ? json(response, { no: 1 }, status) : json(response, { ok: true }),
    )
    expect((await client(api.url).get('/x')).body).toEqual({ ok: true })
    expect(api.asked).toHaveLength(3)
  })

  it.each([429, 500])('%i for ever is given up, and says what to do', async (status) => {
    const api = await serve((response) => json(response, { no: 1 }, status))
    const error = await errorOf(client(api.url).get('/x'))
    expect(error).toMatchObject({ remedy: 'retry' })
    expect(error.message).toContain(`GET ${api.url}/x returned ${status}`)
    expect(error.message).toMatch(/ \(5 attempts\)$/)
    expect(api.asked).toHaveLength(5)
  })

  it('and is another failure then says how many attempts it took too; one that was sent once says nothing', async () => {
    const api = await serve((response, _asked, number) => json(response, {}, number === 2 ? 404 : 503))
    expect((await errorOf(client(api.url).get('/x'))).message).toMatch(/404.* \(2 attempts\)$/)
    const once = await serve((response) => json(response, {}, 404))
    expect((await errorOf(client(once.url).get('/x'))).message).not.toContain('attempt')
  })

  it('a POST is sent once, unless it only reads', async () => {
    const api = await serve((response) => json(response, {}, 503))
    const http = client(api.url)
    await errorOf(http.request({ path: '/a', method: 'POST', body: { n: 1 } }))
    expect(api.asked).toHaveLength(1)
    await errorOf(http.request({ path: '/a', method: 'POST', body: { n: 1 }, idempotent: true }))
    expect(api.asked).toHaveLength(6)
    expect(api.asked[1]).toMatchObject({ method: 'POST', body: '{"n":1}' })
  })

  it('an API that is down is not asked five times for each request', async () => {
    const api = await serve((response) => json(response, {}, 500))
    const http = client(api.url)
    for (let n = 0; n < 100; n++) await errorOf(http.get('/x'))
    expect(api.asked).toHaveLength(100 + 20)
  })

  it('no more requests are made than a run may', async () => {
    const api = await serve((response) => json(response, {}))
    const http = client(api.url, { maxRequests: 3 })
    for (let n = 0; n < 3; n++) await http.get('/x')
    expect(await errorOf(http.get('/x'))).toMatchObject({ remedy: 'retry', code: 'quota' })
    expect(api.asked).toHaveLength(3)
  })
})

describe('a wait that the server asks for', () => {
  const answers = (headers: Record<string, string>, status = 429) =>
    serve((response, _asked, number) => (number === 1 ? json(response, {}, status, headers) : json(response, 'true')))

  it('in seconds', async () => {
    const clock = patientClock()
    await client((await answers({ 'retry-after': '120' })).url, { clock }).get('/x')
    expect(clock.waits).toHaveLength(1)
    expect(clock.waits[0]).toBeCloseTo(120_000, -2)
  })

  it('as a date, by the server’s clock and not ours', async () => {
    const clock = patientClock()
    const headers = { date: 'Sun, 06 Nov 2005 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 2005 08:51:37 GMT' }
    await client((await answers(headers)).url, { clock }).get('/x')
    expect(clock.waits[0]).toBeCloseTo(120_000, -2)
  })

  it.each([
    ['seconds from now', () => '90'],
    ['seconds since 1970', () => String(Math.ceil(Date.now() / 1000) + 90)],
    ['milliseconds since 1970', () => String(Date.now() + 90_000)],
  ])('by X-RateLimit-Reset in %s', async (_, reset) => {
    const clock = patientClock()
    const api = await answers({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset() }, 403)
    await client(api.url, { clock }).get('/x')
    expect(clock.waits[0]).toBeGreaterThan(85_000)
    expect(clock.waits[0]).toBeLessThan(95_000)
  })

  const soon = (ms: number): number => Date.now() + ms
  it.each<[string, () => Record<string, string>, number]>([
    ['X-RateLimit-Reset alone, in seconds', () => ({ 'x-ratelimit-reset': '90' }), 90],
    ['X-RateLimit-Reset alone, since 1970', () => ({ 'x-ratelimit-reset': String(soon(90_000) / 1000) }), 90],
    ['X-RateLimit-Reset alone, in milliseconds', () => ({ 'x-ratelimit-reset': String(soon(90_000)) }), 90],
    ['in microseconds', () => ({ 'x-ratelimit-reset': `${soon(90_000)}000` }), 90],
    ['in nanoseconds', () => ({ 'x-ratelimit-reset': `${soon(90_000)}000000` }), 90],
    ['as a date', () => ({ 'x-ratelimit-reset': new Date(soon(90_000)).toISOString() }), 90],
    ['as a length of time', () => ({ 'x-ratelimit-reset': '1m30s' }), 90],
    ['that came twice', () => ({ 'x-ratelimit-reset': '60, 90' }), 90],
    ['X-RateLimit-Reset-After', () => ({ 'x-ratelimit-reset-after': '90.5' }), 90.5],
    ['X-RateLimit-Reset-Ms', () => ({ 'x-ratelimit-reset-ms': '90000' }), 90],
    ['RateLimit of the seventh draft', () => ({ ratelimit: 'limit=100, remaining=0, reset=90' }), 90],
    ['RateLimit of the eighth draft', () => ({ ratelimit: '"hour";r=0;t=90' }), 90],
    ['Retry-After-Ms', () => ({ 'retry-after-ms': '90000' }), 90],
  ])('by %s', async (_, headers, seconds) => {
    const clock = patientClock()
    await client((await answers(headers())).url, { clock }).get('/x')
    expect(clock.waits.reduce((sum, ms) => sum + ms, 0) / 1000).toBeGreaterThan(seconds - 3)
    expect(clock.waits.reduce((sum, ms) => sum + ms, 0) / 1000).toBeLessThan(seconds + 3)
  })

  it.each([
    ['99999999999999999999', 86_400_000],
    ['31536000', 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    ['1e300', undefined],
    ['Infinity', undefined],
  ])('of "%s" is capped, or none', async (text, expected) => {
    const api = await serve((response) => json(response, {}, 429, { 'retry-after': text }))
    const error = await errorOf(client(api.url, { retry: { attempts: 1 } }).get('/x'))
    expect(error).toMatchObject({ remedy: 'retry', code: 'rate-limited', retryAfterMs: expected })
  })

  it.each(['', 'soon', '-5', 'Thu, 01 Jan 1970 00:00:00 GMT', '0'])(
    '"%s" is none, and the usual one is taken',
    async (text) => {
      const clock = patientClock()
      await client((await answers({ 'retry-after': text })).url, { clock }).get('/x')
      expect(clock.waits).toEqual([750])
    },
  )

  it('that is too long is left to the engine, with its length', async () => {
    const clock = patientClock()
    const api = await answers({ 'retry-after': '7200' })
    const http = client(api.url, { clock })
    expect(await errorOf(http.get('/x'))).toMatchObject({
      remedy: 'retry',
      code: 'rate-limited',
      retryAfterMs: 7_200_000,
    })
    // What comes behind is not sent into the same limit.
    expect(await errorOf(http.get('/y'))).toMatchObject({ remedy: 'retry', code: 'rate-limited' })
    expect(clock.waits).toEqual([])
    expect(api.asked).toHaveLength(1)
  })

  it('holds for all tables of the source, also for what was on its way already', async () => {
    const clock = patientClock()
    let waitsAtSecond = -1
    const api = await serve((response, asked, number) => {
      if (number === 2) waitsAtSecond = clock.waits.length
      if (number === 1) json(response, {}, 429, { 'retry-after': '30' })
      else json(response, JSON.stringify(asked.url))
    })
    const http = client(api.url, { clock, concurrency: 1 })
    await Promise.all([http.get('/a'), http.get('/b'), http.get('/c')])
    expect(api.asked).toHaveLength(4)
    expect(waitsAtSecond).toBe(1)
  })

  it('is taken before the limit is passed: none left', async () => {
    const clock = patientClock()
    const api = await serve((response) =>
      json(response, {}, 200, {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 60),
      }),
    )
    const http = client(api.url, { clock })
    await http.get('/a')
    expect(clock.waits).toEqual([])
    await http.get('/b')
    expect(clock.waits[0]).toBeGreaterThan(55_000)
  })

  it('is not believed where its unit cannot be', async () => {
    const clock = patientClock()
    const api = await serve((response) =>
      json(response, {}, 200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600000' }),
    )
    const http = client(api.url, { clock })
    await http.get('/a')
    await http.get('/b')
    expect(clock.waits).toEqual([])
  })

  it('is logged where progress is shown', async () => {
    const said: string[] = []
    const waits: unknown[] = []
    const info = (message: string, fields?: object): void => {
      said.push(message)
      waits.push((fields as { waitMs?: number }).waitMs)
    }
    await client((await answers({ 'retry-after': '60' })).url, { log: { debug() {}, warn() {}, info } }).get('/x')
    expect(said).toEqual([expect.stringMatching(/returned 429.*trying again in 60 s/)])
    // What a terminal counts down.
    expect(waits).toEqual([60_000])
  })
})

describe('a rate', () => {
  it('is one for all: no stretch of time holds more requests than it says', async () => {
    const api = await serve((response) => json(response, {}))
    const http = client(api.url, { rate: { requests: 4, perMs: 900 }, concurrency: 50 })
    await Promise.all(Array.from({ length: 8 }, () => http.get('/x')))
    const times = api.asked.map((one) => one.at)
    expect(times).toHaveLength(8)
    // A little less than the rate's time, for what lies between sending and arriving.
    for (let at = 4; at < times.length; at++) expect(times[at]! - times[at - 4]!).toBeGreaterThan(450)
  })

  it('does not let more go out at once than it may', async () => {
    let open = 0
    let most = 0
    const api = await serve((response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        json(response, {})
      }, 10)
    })
    const http = client(api.url, { concurrency: 3 })
    await Promise.all(Array.from({ length: 12 }, () => http.get('/x')))
    expect(most).toBe(3)
  })
})

describe('what is no use to ask again', () => {
  it.each([
    [400, 'fix-source'],
    [404, 'fix-source'],
    [410, 'fix-source'],
    [422, 'fix-source'],
    [401, 'fix-config'],
    [403, 'fix-config'],
  ])('%i is asked once: %s', async (status, remedy) => {
    const api = await serve((response) => json(response, { message: 'what is wrong' }, status))
    const error = await errorOf(client(api.url).get('/x'))
    expect(error.remedy).toBe(remedy)
    expect(error.message).toContain('what is wrong')
    expect(api.asked).toHaveLength(1)
  })

  it('403 with a wait is a limit, and no refusal', async () => {
    const api = await serve((response, _asked, number) =>
      number === 1
        ? json(response, { message: 'secondary rate limit' }, 403, { 'retry-after': '60' })
        : json(response, 'true'),
    )
    expect((await client(api.url).get('/x')).body).toBe(true)
  })

  it('a source may know better what an answer means', async () => {
    const clock = patientClock()
    const api = await serve((response, _asked, number) =>
      number === 1
        ? json(response, { message: 'You have exceeded a secondary rate limit' }, 403)
        : json(response, 'true'),
    )
    const failureOf = ({ status, excerpt, what }: Answer) =>
      status === 403 && excerpt.includes('secondary rate limit')
        ? new SyncError(`${what} was one too many`, 'retry', { code: 'rate-limited', retryAfterMs: 60_000 })
        : undefined
    expect((await client(api.url, { clock, failureOf }).get('/x')).body).toBe(true)
    expect(clock.waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(59_000)
    expect(
      await errorOf(client((await serve((response) => json(response, {}, 403))).url, { failureOf }).get('/x')),
    ).toMatchObject({ code: 'forbidden' })
  })

  it('a status that the source expects is an answer', async () => {
    const api = await serve((response) => json(response, { gone: true }, 404))
    expect(await client(api.url).get('/x', { accept: [404] })).toMatchObject({ status: 404, body: { gone: true } })
  })
})

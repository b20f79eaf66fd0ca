import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../src/http-clock.ts'
import { jsonLines } from '../src/json-lines.ts'
import { client, errorOf, json, serve } from './unruly-server.ts'

const silences: [string, (response: Parameters<Parameters<typeof serve>[0]>[0]) => unknown][] = [
  ['before its answer', () => {}],
  [
    'in the middle of its body',
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"a":')
    },
  ],
]

describe('a server that falls silent', () => {
  it.each(silences)('%s is given up', async (_, handler) => {
    const api = await serve((response) => handler(response))
    const error = await errorOf(client(api.url, { idleMs: 300, retry: { attempts: 2 } }).get('/x'))
    expect(error).toMatchObject({ remedy: 'retry', code: 'silent' })
    expect(api.asked).toHaveLength(2)
  })

  it('but one that is slow and goes on is not', async () => {
    const api = await serve((response) => {
      const pieces = [...'{"a":"slow"}']
      const timer = setInterval(() => {
        const piece = pieces.shift()
        if (piece !== undefined) response.write(piece)
        else {
          clearInterval(timer)
          response.end()
        }
      }, 150)
    })
    expect((await client(api.url, { idleMs: 1500 }).get('/x')).body).toEqual({ a: 'slow' })
    expect(api.asked).toHaveLength(1)
  })

  it('nor one that trickles for ever: it has a deadline', async () => {
    const api = await serve((response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    })
    const error = await errorOf(client(api.url, { deadlineMs: 300, retry: { attempts: 1 } }).get('/x'))
    expect(error).toMatchObject({ remedy: 'retry', code: 'deadline' })
  })
})

describe('the signal', () => {
  const wait = (api: { asked: readonly unknown[] }) => expect.poll(() => api.asked.length).toBeGreaterThan(0)

  it.each([
    ...silences,
    [
      'that asks to wait an hour',
      (response) => json(response, {}, 429, { 'retry-after': '600' }),
    ] as (typeof silences)[0],
  ])('stops a request to a server %s, with its own reason', async (_, handler) => {
    const api = await serve((response) => handler(response))
    const stop = new AbortController()
    const reason = new Error('stopped')
    const work = client(api.url, { clock: systemClock }).get('/x', { signal: stop.signal })
    await wait(api)
    const stopped = performance.now()
    stop.abort(reason)
    await expect(work).rejects.toBe(reason)
    expect(performance.now() - stopped).toBeLessThan(10_000)
  })

  it('stops one that waits for its turn, and one that is being read in pieces', async () => {
    const api = await serve(silences[1]![1])
    const http = client(api.url, { concurrency: 1, clock: systemClock })
    const first = http.get('/a', { signal: AbortSignal.timeout(30_000) })
    first.catch(() => {})
    await wait(api)
    const stop = new AbortController()
    const reason = new Error('stopped')
    const second = http.get('/b', { signal: stop.signal })
    stop.abort(reason)
    await expect(second).rejects.toBe(reason)
    const lines = jsonLines(client(api.url), { request: { path: '/c', signal: AbortSignal.abort(reason) } })
    await expect(lines.next()).rejects.toBe(reason)
    const later = new AbortController()
    const open = jsonLines(client(api.url), { request: { path: '/d', signal: later.signal } }).next()
    await expect.poll(() => api.asked.some((one) => one.url === '/d')).toBe(true)
    setTimeout(() => later.abort(reason), 50)
    await expect(open).rejects.toBe(reason)
  })

  it('leaves nothing on itself', async () => {
    const api = await serve((response) => json(response, {}))
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      remove(...given)
    }
    const http = client(api.url)
    for (let n = 0; n < 10; n++) await http.get('/x', { signal })
    expect(listeners).toBe(0)
  })
})

describe('closing', () => {
  it('ends what is asked', async () => {
    const api = await serve(silences[0]![1])
    const http = client(api.url)
    const work = http.get('/x')
    work.catch(() => {})
    await expect.poll(() => api.asked.length).toBe(1)
    await http.close()
    await expect(work).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each(['closed', 'left open'])('a process ends by itself when its work is done: %s', async (how) => {
    const api = await serve((response) => json(response, { ok: true }))
    const package_ = fileURLToPath(new URL('../dist/index.js', import.meta.url))
    const code = `
      const { HttpClient } = await import(process.argv[1])
      const http = new HttpClient({ baseUrl: process.argv[2], rate: { requests: 10, perMs: 500 } })
      await http.get('/x')
      await http.get('/missing', { signal: AbortSignal.timeout(60000) })
      if (process.argv[3] === 'closed') await http.close()
      console.log('done')`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', code, package_, api.url, how],
      {
        timeout: 20_000,
      },
    )
    expect(stdout).toBe('done\n')
  })
})

describe('a server that is not there', () => {
  it('may come back', async () => {
    const api = await serve(() => {})
    await new Promise((resolve) => api.server.close(resolve))
    const error = await errorOf(client(api.url).get('/x'))
    expect(error).toMatchObject({ remedy: 'retry', code: 'network' })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('under a name that nobody knows is named', async () => {
    const error = await errorOf(client('http://no-such-host.invalid', { retry: { attempts: 1 } }).get('/x'))
    expect(error.remedy).toBe('retry')
    expect(error.message).toMatch(/no-such-host\.invalid/)
  })
})

describe('a proxy that the environment names', () => {
  it('is gone through', async () => {
    const proxy = await serve((response, asked) => json(response, { asked: asked.url }))
    const package_ = fileURLToPath(new URL('../dist/index.js', import.meta.url))
    const code = `
      const { HttpClient } = await import(process.argv[1])
      const http = new HttpClient({ baseUrl: process.argv[2], retry: { attempts: 1 } })
      const { body } = await http.get('/x')
      await http.close()
      console.log(JSON.stringify(body))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', code, package_, 'http://api.example.invalid'],
      {
        timeout: 20_000,
        env: { ...process.env, HTTP_PROXY: proxy.url, http_proxy: proxy.url },
      },
    )
    expect(JSON.parse(stdout)).toEqual({ asked: 'http://api.example.invalid/x' })
  })
})

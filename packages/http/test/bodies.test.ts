import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { jsonLines } from '../src/json-lines.ts'
import { client, errorOf, json, serve } from './unruly-server.ts'

const TEXT = JSON.stringify({ items: Array.from({ length: 500 }, (_, id) => ({ id, text: `row ${id}` })) })

describe('a body that is cut off', () => {
  const cuts: [string, (response: Parameters<Parameters<typeof serve>[0]>[0]) => unknown][] = [
    [
      'shorter than its Content-Length',
      (response) => {
        response.writeHead(200, { 'content-length': String(TEXT.length) })
        response.write(TEXT.slice(0, 1000))
        setTimeout(() => response.socket?.end(), 5)
      },
    ],
    [
      'by a reset',
      (response) => {
        response.writeHead(200, { 'content-length': String(TEXT.length) })
        response.write(TEXT.slice(0, 1000))
        setTimeout(() => response.socket?.resetAndDestroy(), 5)
      },
    ],
    [
      'without its last chunk',
      (response) => {
        response.write(TEXT)
        setTimeout(() => response.socket?.destroy(), 5)
      },
    ],
    ['whole by its headers, half by its JSON', (response) => void response.end(TEXT.slice(0, 1000))],
    ['at the end of a string', (response) => void response.end('{"items":["a')],
    ['empty', (response) => void response.end()],
    [
      'in the middle of its gzip',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        response.end(gzipSync(TEXT).subarray(0, 300))
      },
    ],
    [
      'in the middle of its brotli',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'br' })
        response.end(brotliCompressSync(TEXT).subarray(0, 100))
      },
    ],
    [
      'in the middle of its zstd',
      (response) => {
        response.writeHead(200, { 'content-encoding': 'zstd' })
        response.end(zstdCompressSync(TEXT).subarray(0, 100))
      },
    ],
    ['before any answer', (response) => void response.socket?.resetAndDestroy()],
  ]

  it.each(cuts)('%s: it is asked for again', async (_, cut) => {
    const api = await serve((response, _asked, number) => (number <= 2 ? cut(response) : response.end(TEXT)))
    expect((await client(api.url).get('/x')).body).toEqual(JSON.parse(TEXT))
    expect(api.asked).toHaveLength(3)
  })

  it.each(cuts)('%s: always is a failure to try again, never an end', async (_, cut) => {
    const api = await serve((response) => cut(response))
    expect(await errorOf(client(api.url).get('/x'))).toMatchObject({ remedy: 'retry' })
    expect(api.asked).toHaveLength(5)
  })
})

describe('a body that is no data', () => {
  it.each([
    ['text/html', '<!DOCTYPE html><html><title>Sign in</title>'],
    ['application/json', '  <html>Sign in</html>'],
    ['text/plain', 'hello, Sign in'],
    ['application/json', '{"a":1} Sign in'],
    ['application/json', '{"a":NaN,"b":"Sign in"}'],
  ])('%s: %s', async (type, text) => {
    const api = await serve((response) => {
      response.writeHead(200, { 'content-type': type })
      response.end(text)
    })
    const error = await errorOf(client(api.url).get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-source', code: 'not-json' })
    expect(error.message).toContain('Sign in')
    expect(api.asked).toHaveLength(1)
  })

  it('is shown in one line of two hundred characters, without what a terminal obeys', async () => {
    const api = await serve((response) => void response.end(`oh\u001b[31m\n\r\u0000${'x'.repeat(100_000)}`))
    const error = await errorOf(client(api.url).get('/x'))
    expect(error.message).toMatch(/oh \[31m x+…$/)
    expect(error.message.length).toBeLessThan(400)
  })
})

describe('a body that is too large', () => {
  it.each([
    ['gzip', gzipSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } })],
    ['zstd', zstdCompressSync],
  ])('a %s bomb is stopped at the limit', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(160 * 1024 * 1024, 32))
    expect(bomb.length).toBeLessThan(1024 * 1024)
    const api = await serve((response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(bomb)
    })
    const before = process.memoryUsage().rss
    const error = await errorOf(client(api.url, { maxBytes: 1024 * 1024 }).get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'too-large' })
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024)
    expect(api.asked).toHaveLength(1)
  })

  it('a body without end is stopped at the limit', async () => {
    const api = await serve((response) => {
      const timer = setInterval(() => response.write('['.repeat(65_536)), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect(await errorOf(client(api.url, { maxBytes: 1024 * 1024 }).get('/x'))).toMatchObject({ code: 'too-large' })
  })

  it('an array of a million elements is an array', async () => {
    const api = await serve((response) => void response.end(`[${'1,'.repeat(999_999)}1]`))
    expect((await client(api.url).get('/x')).body).toHaveLength(1_000_000)
  })

  it.each(['gzip, gzip', 'compress'])('one in an encoding that was not asked for is refused: %s', async (encoding) => {
    const api = await serve((response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(gzipSync(gzipSync(TEXT)))
    })
    expect(await errorOf(client(api.url).get('/x'))).toMatchObject({ remedy: 'fix-source', code: 'encoding' })
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('one that is compressed by %s and whole is data', async (encoding, compress) => {
    const api = await serve((response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(compress(TEXT))
    })
    expect((await client(api.url).get('/x')).body).toEqual(JSON.parse(TEXT))
    expect(api.asked[0]!.headers['accept-encoding']).toContain(encoding)
  })
})

describe('a body in several frames of zstd', () => {
  it('is read to its end', async () => {
    const half = TEXT.length >> 1
    const body = Buffer.concat([TEXT.slice(0, half), TEXT.slice(half)].map((part) => zstdCompressSync(part)))
    const api = await serve((response) => {
      response.writeHead(200, { 'content-encoding': 'zstd' })
      response.end(body)
    })
    expect((await client(api.url).get('/x')).body).toEqual(JSON.parse(TEXT))
  })

  it.each([
    ['with other bytes behind it', Buffer.concat([zstdCompressSync(TEXT), Buffer.from('more')])],
    ['cut off in the second', Buffer.concat([zstdCompressSync(TEXT), zstdCompressSync(' ').subarray(0, 7)])],
  ])('is a failure to try again: %s', async (_name, body) => {
    const api = await serve((response) => {
      response.writeHead(200, { 'content-encoding': 'zstd' })
      response.end(body)
    })
    expect(await errorOf(client(api.url).get('/x'))).toMatchObject({ remedy: 'retry' })
  })
})

describe('numbers', () => {
  it('are exact', async () => {
    const api = await serve((response) =>
      json(
        response,
        '{"a":9007199254740993,"b":-9223372036854775808,"c":12345678901234567890123,"d":0.1000000000000000000001,"e":1e400,"f":1.5,"g":[9007199254740992]}',
      ),
    )
    const { body } = await client(api.url).get<Record<string, unknown>>('/x')
    expect(body).toMatchObject({ a: 9007199254740993n, b: -9223372036854775808n, f: 1.5, g: [9007199254740992n] })
    expect(JSON.stringify([body['c'], body['d'], body['e']])).toBe(
      '[12345678901234567890123,0.1000000000000000000001,1e400]',
    )
  })
})

describe('texts', () => {
  const answer = (bytes: Buffer, type: string) =>
    serve((response) => {
      response.writeHead(200, { 'content-type': type })
      response.end(bytes)
    })

  it.each([
    ['application/json; charset=iso-8859-1', Buffer.from('{"a":"é"}', 'latin1')],
    ['application/json;charset="utf-16le"', Buffer.from('{"a":"é"}', 'utf16le')],
    ['application/json', Buffer.from('\ufeff{"a":"é"}')],
    ['application/json', Buffer.from('{"b":0,"a":0,"a":"é"}')],
  ])('are decoded by their charset (%s)', async (type, bytes) => {
    expect((await client((await answer(bytes, type)).url).get('/x')).body).toMatchObject({ a: 'é' })
  })

  it.each([
    ['application/json', Buffer.from('{"a":"é"}', 'latin1')],
    ['application/json; charset=klingon', Buffer.from('{}')],
  ])('that are not in it are an error, not a replacement (%s)', async (type, bytes) => {
    expect(await errorOf(client((await answer(bytes, type)).url).get('/x'))).toMatchObject({
      remedy: 'fix-source',
      code: 'encoding',
    })
  })

  it.each(['{"a":1}', '{"a":1234567890123456789}'])(
    'of a depth of ten thousand are read or refused (%s)',
    async (inner) => {
      const deep = await answer(Buffer.from('['.repeat(10_000) + inner + ']'.repeat(10_000)), 'application/json')
      const read = await client(deep.url)
        .get('/x')
        .then(
          () => 'read',
          (error: Error) => error.message,
        )
      expect(read).toMatch(/^read$|nested too deeply/)
    },
  )

  it('keep a field called __proto__ to themselves', async () => {
    const api = await answer(Buffer.from('{"__proto__":{"polluted":1},"n":12345678901234567}'), 'application/json')
    const { body } = await client(api.url).get<object>('/x')
    expect(Object.keys(body)).toContain('__proto__')
    expect(({} as { polluted?: 1 }).polluted).toBeUndefined()
    expect((body as { polluted?: 1 }).polluted).toBeUndefined()
  })
})

describe('a body of lines', () => {
  const read = async (pieces: readonly (string | Buffer)[], more?: { maxLine: number }) => {
    const api = await serve(async (response) => {
      for (const piece of pieces) {
        response.write(piece)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      response.end()
    })
    const values: unknown[] = []
    for await (const some of jsonLines(client(api.url), { request: { path: '/x' }, ...more })) values.push(...some)
    return values
  }

  it('is read as it comes, wherever it is cut, with or without the end of the last line', async () => {
    const euro = Buffer.from('{"a":"€"}\n')
    expect(
      await read(['{"a":1}\n{"a"', ':2}\n\n', euro.subarray(0, 7), euro.subarray(7), '{"n":9007199254740993}']),
    ).toEqual([{ a: 1 }, { a: 2 }, { a: '€' }, { n: 9007199254740993n }])
    expect(await read([])).toEqual([])
  })

  it('with half a line is cut off; with a line that is not JSON is wrong', async () => {
    expect(await errorOf(read(['{"a":1}\n{"a":']))).toMatchObject({ remedy: 'retry', code: 'cut-off' })
    expect(await errorOf(read(['{"a":1}\nno\n{"a":2}\n']))).toMatchObject({ remedy: 'fix-source', code: 'not-json' })
    expect(await errorOf(read(['x'.repeat(100)], { maxLine: 50 }))).toMatchObject({ code: 'too-large' })
  })
})

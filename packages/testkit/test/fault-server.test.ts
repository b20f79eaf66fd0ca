import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { type Fault, FaultServer } from '../src/index.ts'

const BODY = { rows: Array.from({ length: 40 }, (_, id) => ({ id })) }

async function serverWith(fault: Fault | undefined): Promise<FaultServer> {
  const server = await FaultServer.start(() => Response.json(BODY))
  onTestFinished(() => server.close())
  server.fault = fault
  return server
}

it('answers as the test says, and again once a fault is taken away', async () => {
  const server = await serverWith({ status: 503, headers: { 'retry-after': '7' } })
  const refused = await fetch(server.url)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7'])
  server.fault = undefined
  expect(await (await fetch(server.url)).json()).toEqual(BODY)
  expect(server.requests).toBe(2)
})

it('breaks the connection before its answer', async () => {
  const server = await serverWith('reset')
  await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
})

it('breaks it in the middle of a body that was said to be longer', async () => {
  const server = await serverWith('cut')
  const response = await fetch(server.url)
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow()
})

it('says nothing, for as long as it is waited for', async () => {
  const server = await serverWith('silence')
  await expect(fetch(server.url, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(server.requests).toBe(1)
})

it('gives a body byte by byte', async () => {
  const server = await serverWith('trickle')
  const reader = (await fetch(server.url)).body!.getReader()
  const first = await reader.read()
  expect(first.value!.length).toBeLessThan(20)
  await reader.cancel()
})

it('gives a page for people where data was asked for', async () => {
  const server = await serverWith('html')
  const response = await fetch(server.url)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html'])
})

it('passes requests on to a mock in a process of its own, and its answers back', async () => {
  const asked: unknown[] = []
  const mock = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    asked.push([incoming.method, incoming.url, incoming.headers['authorization'], Buffer.concat(chunks).toString()])
    outgoing.setHeader('set-cookie', ['a=1', 'b=2'])
    // Without a length, so in chunks.
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    outgoing.write(gzipSync(JSON.stringify(BODY)))
    setImmediate(() => outgoing.end())
  })
  await new Promise<void>((resolve) => mock.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void mock.close())
  const { port } = mock.address() as AddressInfo
  const server = await FaultServer.start((request) => {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(`http://127.0.0.1:${port}${pathname}${search}`, request))
  })
  onTestFinished(() => server.close())
  const authorization = 'Bearer of a test'
  const got = await fetch(`${server.url}/rows?page=2`, { headers: { authorization } })
  expect([got.status, got.headers.getSetCookie(), await got.json()]).toEqual([200, ['a=1', 'b=2'], BODY])
  const sent = await fetch(`${server.url}/rows`, {
    method: 'POST',
    headers: { authorization },
    // Without a length too.
    body: new Blob(['what is ', 'searched']).stream(),
    duplex: 'half',
  } as RequestInit)
  expect(await sent.json()).toEqual(BODY)
  expect(asked).toEqual([
    ['GET', '/rows?page=2', authorization, ''],
    ['POST', '/rows', authorization, 'what is searched'],
  ])
})

it('leaves the encoding of an answer that the test encodes itself', async () => {
  const server = await FaultServer.start(
    () => new Response(gzipSync(JSON.stringify(BODY)), { headers: { 'content-encoding': 'gzip' } }),
  )
  onTestFinished(() => server.close())
  expect(await (await fetch(server.url)).json()).toEqual(BODY)
})

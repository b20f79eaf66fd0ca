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

import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, it, onTestFinished } from 'vitest'
import { eventStreams } from '../../src/dashboard/event-stream.ts'
import { createFeed } from '../../src/dashboard/feed.ts'
import { dailySource, testProject } from '../test-project.ts'
import { rawRequest } from './raw-request.ts'
import { startUi } from './start-ui.ts'

/** Asks for events, and reads what comes or does not. */
function listener(port: number, reads: boolean): Promise<{ readonly socket: Socket; readonly status: number }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /api/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`),
    )
    socket.once('data', (chunk) => {
      if (!reads) socket.pause()
      resolve({ socket, status: Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]) })
    })
    if (reads) socket.on('data', () => {})
    socket.on('error', () => {})
    socket.once('close', () => resolve({ socket, status: 0 }))
    onTestFinished(() => void socket.destroy())
  })
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

it.runIf(process.platform === 'linux')('two thousand listeners take no memory, and nothing from a page', async () => {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  await project.run(['sync'])
  const { port, running } = await startUi(project)
  const overview = () => rawRequest({ port, path: '/api/overview', headers: { host: `127.0.0.1:${port}` } })
  expect((await overview()).status).toBe(200)
  const before = residentMb(running.child.pid!)
  const open: Socket[] = []
  let refused = 0
  for (let round = 0; round < 20; round++) {
    for (const { socket, status } of await Promise.all(Array.from({ length: 100 }, () => listener(port, true)))) {
      if (status === 200) open.push(socket)
      else {
        refused++
        socket.destroy()
      }
    }
  }
  expect(open.length).toBeGreaterThan(10)
  expect(open.length).toBeLessThanOrEqual(64)
  expect(open.length + refused).toBe(2000)
  expect(residentMb(running.child.pid!) - before).toBeLessThan(80)
  expect((await overview()).status).toBe(200)
  // Whoever goes makes room.
  for (const socket of open) socket.destroy()
  await expect.poll(async () => (await listener(port, true)).status).toBe(200)
})

it('connections that say nothing are let go', async () => {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  await project.run(['sync'])
  const { port } = await startUi(project)
  const silent = await Promise.all(
    Array.from(
      { length: 600 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket))
          socket.on('error', () => {})
          onTestFinished(() => void socket.destroy())
        }),
    ),
  )
  await expect
    .poll(() => silent.filter((socket) => !socket.closed && !socket.readableEnded).length)
    .toBeLessThanOrEqual(256)
  const overview = () =>
    rawRequest({ port, path: '/api/overview', headers: { host: `127.0.0.1:${port}` } }).then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(overview, { interval: 500 }).toBe(200)
})

it('who does not take what comes is let go, the others hear it', async () => {
  const feed = createFeed({
    reader: { mark: async () => 'same' },
    everyMs: 1000,
    troubleOf: () => ({ message: '', remedy: null, code: null }),
  })
  const app = new Hono()
  app.get(
    '/api/events',
    eventStreams({ feed, textOf: ({ data }) => String(data), addressOf: () => '', refuse: (c) => c.text('no', 429) }),
  )
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  onTestFinished(() => {
    feed.close()
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const slow = await listener(port, false)
  const quick = await listener(port, true)
  let heard = 0
  quick.socket.on('data', (chunk: Buffer) => {
    heard += chunk.length
  })
  const text = 'x'.repeat(200_000)
  const counted = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  for (let event = 0; event < 300 && (await counted()) > 1; event++) {
    feed.tell({ type: 'change', data: text })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(await counted()).toBe(1)
  expect(heard).toBeGreaterThan(1_000_000)
  expect(quick.socket.destroyed).toBe(false)
  slow.socket.resume()
  await expect.poll(() => slow.socket.closed).toBe(true)
})

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type FaultProxy, openFaultProxy } from '../src/crash-harness.ts'

/** A server that answers every piece with `re: ` and the same; it counts what reached it. */
async function echo(): Promise<{ readonly port: number; readonly got: string[] }> {
  const got: string[] = []
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        got.push(String(bytes))
        socket.write(`re: ${bytes}`)
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as { port: number }).port, got }
}

interface Line {
  readonly socket: Socket
  /** What came back so far. */
  readonly text: () => string
  /** How it ended. */
  readonly ended: Promise<string>
  until(text: string): Promise<void>
}

async function dial({ port }: FaultProxy): Promise<Line> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  const ended = new Promise<string>((done) => {
    socket.on('error', (error) => done((error as { code?: string }).code ?? error.message))
    socket.on('close', () => done('closed'))
  })
  await once(socket, 'connect')
  return {
    socket,
    text: () => text,
    ended,
    async until(wanted) {
      while (!text.includes(wanted)) await wait(2)
    },
  }
}

async function proxied() {
  const server = await echo()
  const proxy = await openFaultProxy({ port: server.port })
  onTestFinished(() => proxy.close())
  return { server, proxy, line: await dial(proxy) }
}

describe('the fault proxy', () => {
  it('hands on what is not told otherwise', async () => {
    const { line, proxy } = await proxied()
    line.socket.write('a')
    await line.until('re: a')
    expect(proxy.connections()).toBe(1)
  })

  it('drops the reply to a request that arrived, and breaks the connection', async () => {
    const { line, proxy, server } = await proxied()
    const happened = proxy.inject({ on: 'reply', holding: 'commit', action: 'drop' })
    line.socket.write('other')
    await line.until('re: other')
    line.socket.write('commit')
    expect(await line.ended).toBe('closed')
    expect(server.got).toEqual(['other', 'commit'])
    expect(line.text()).toBe('re: other')
    expect(happened()).toBe(1)
    // Once, and the next connection is as it should be.
    const next = await dial(proxy)
    next.socket.write('commit')
    await next.until('re: commit')
  })

  it('resets a connection before the request arrives', async () => {
    const { line, proxy, server } = await proxied()
    proxy.inject({ on: 'request', action: 'reset' })
    line.socket.write('a')
    expect(await line.ended).toBe('ECONNRESET')
    expect(server.got).toEqual([])
  })

  it('leaves a connection half open: nothing passes, and nobody is told', async () => {
    const { line, proxy, server } = await proxied()
    proxy.inject({ on: 'request', holding: 'b', action: 'half-open' })
    line.socket.write('a')
    await line.until('re: a')
    line.socket.write('b')
    line.socket.write('c')
    await wait(50)
    expect(server.got).toEqual(['a'])
    expect(line.text()).toBe('re: a')
    expect(line.socket.destroyed).toBe(false)
  })

  it('delays a reply, and keeps the order', async () => {
    const { line, proxy } = await proxied()
    proxy.inject({ on: 'reply', holding: 'first', action: 'delay', ms: 30 })
    line.socket.write('first')
    await wait(5)
    line.socket.write('second')
    await line.until('second')
    expect(line.text()).toMatch(/^re: first.*second$/)
  })

  it('blanks a word, so that a server never hears it', async () => {
    const { line, proxy, server } = await proxied()
    proxy.inject({ on: 'request', holding: 'begin', action: 'blank', times: Number.POSITIVE_INFINITY })
    line.socket.write('begin; work')
    await line.until('work')
    expect(server.got).toEqual(['     ; work'])
  })

  it('blanks one piece in as many ways as it is told', async () => {
    const { line, proxy, server } = await proxied()
    for (const holding of ['begin', 'local '])
      proxy.inject({ on: 'request', holding, action: 'blank', times: Number.POSITIVE_INFINITY })
    line.socket.write('begin; set local work')
    await line.until('work')
    expect(server.got).toEqual(['     ; set       work'])
  })

  it('breaks all connections at once', async () => {
    const { line, proxy } = await proxied()
    const other = await dial(proxy)
    proxy.resetAll()
    expect(await Promise.all([line.ended, other.ended])).toEqual(['ECONNRESET', 'ECONNRESET'])
  })
})

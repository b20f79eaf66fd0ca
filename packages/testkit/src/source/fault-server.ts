import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

const TRICKLE_MS = 20
/** What belongs to one connection, which a request or an answer that is passed on has not. */
const OF_A_CONNECTION = ['connection', 'expect', 'host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/**
 * What stands in front of the answers, or becomes of them: a status with its headers, no answer at all, a connection that
 * breaks before the answer (`reset`) or in the middle of its body (`cut`), an answer that comes a byte at a time
 * (`trickle`), a page of HTML where data was asked for (`html`).
 */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'silence'
  | 'reset'
  | 'cut'
  | 'trickle'
  | 'html'

export type Answer = (request: Request) => Response | Promise<Response>

/** A server on loopback that answers as a test says, or fails on demand. */
export class FaultServer {
  readonly url: string
  /** Put in front of every answer while it is set. */
  fault: Fault | undefined
  /** How many requests came. */
  requests = 0
  /** What the test's own handler threw: a mistake of the test. */
  mistake: unknown
  readonly #server: Server
  #connections = 0

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async start(answer: Answer): Promise<FaultServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const started = new FaultServer(server, `http://127.0.0.1:${port}`)
    server.on('connection', (socket) => {
      started.#connections++
      socket.once('close', () => started.#connections--)
    })
    server.on('request', (request, response) => void started.#answer(answer, request, response))
    return started
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    if (this.mistake !== undefined) throw new Error('the server of this test threw', { cause: this.mistake })
  }

  async #answer(answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.requests++
    const body = await bodyOf(incoming)
    if (this.fault === 'silence') return
    if (this.fault === 'reset') {
      incoming.socket.resetAndDestroy()
      return
    }
    if (this.fault === 'html') {
      outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Please sign in</title>')
      return
    }
    if (typeof this.fault === 'object') {
      outgoing.writeHead(this.fault.status, this.fault.headers).end('{"message":"a fault that the test put here"}')
      return
    }
    try {
      const { method = 'GET', headers } = incoming
      const response = await answer(
        new Request(`${this.url}${incoming.url}`, {
          method,
          headers: Object.entries(headers)
            .filter(([name]) => name !== 'content-length' && !OF_A_CONNECTION.includes(name))
            .flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one])),
          body: method === 'GET' || method === 'HEAD' ? null : body,
        }),
      )
      await this.#send(response, outgoing)
    } catch (error) {
      this.mistake ??= error
      outgoing.writeHead(500).end()
    }
  }

  /** Sends an answer, or what a fault leaves of it. */
  async #send(response: Response, outgoing: ServerResponse): Promise<void> {
    const body = new Uint8Array(await response.arrayBuffer())
    // The body of an answer that was fetched, as from a mock in a process of its own, was decoded by then.
    const left = response.url === '' ? [] : ['content-encoding']
    for (const [name, value] of response.headers)
      if (![...OF_A_CONNECTION, ...left].includes(name)) outgoing.appendHeader(name, value)
    // So that a body which is cut cannot be taken for a whole one.
    outgoing.setHeader('content-length', body.length).writeHead(response.status)
    if (this.fault === 'cut') {
      outgoing.write(body.subarray(0, body.length >> 1), () => outgoing.destroy())
      return
    }
    if (this.fault !== 'trickle') {
      outgoing.end(body)
      return
    }
    for (let at = 0; at < body.length && !outgoing.destroyed; at++) {
      outgoing.write(body.subarray(at, at + 1))
      await wait(TRICKLE_MS)
    }
    outgoing.end()
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return new Uint8Array(Buffer.concat(chunks))
}

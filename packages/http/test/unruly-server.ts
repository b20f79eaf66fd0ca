import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SourceClock } from '@tidemark/core'
import { SyncError } from '@tidemark/core'
import { onTestFinished } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import type { HttpOptions } from '../src/http-options.ts'

export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly at: number
}

export interface Unruly {
  readonly url: string
  readonly host: string
  readonly asked: readonly Asked[]
  readonly server: Server
}

export type Handler = (response: ServerResponse, asked: Asked, number: number) => unknown

/** A real HTTP server on loopback that does as the test says; number counts the requests from one. */
export async function serve(
  handler: Handler,
  create = (listener: RequestListener) => createServer(listener),
): Promise<Unruly> {
  const asked: Asked[] = []
  const server = create((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(pieces).toString(),
        at: performance.now(),
      }
      asked.push(one)
      handler(response, one, asked.length)
    })
  }) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}`, host, asked, server }
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A clock on which waiting takes no time; it remembers how long each wait was. */
export function patientClock(): SourceClock & { readonly waits: number[] } {
  const waits: number[] = []
  let now = Date.now()
  return {
    waits,
    now: () => now,
    random: () => 0.5,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      waits.push(Math.round(ms))
      now += ms
    },
  }
}

/** A client that is closed with the test. */
export function client(baseUrl: string, options: Partial<HttpOptions> = {}): HttpClient {
  const http = new HttpClient({ baseUrl, clock: patientClock(), ...options })
  onTestFinished(() => http.close())
  return http
}

/** The error that work must end in. */
export async function errorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!SyncError.is(error)) throw new Error(`expected a SyncError, got ${String(error)}`)
  return error
}

export async function collect<T>(pages: AsyncIterable<{ readonly rows: readonly T[] }>): Promise<T[]> {
  const rows: T[] = []
  for await (const page of pages) rows.push(...page.rows)
  return rows
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SyncError } from '@tidemark/core'
import { type Address, urlOf } from './address.ts'

/** A response. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Paths and their handlers; the server serves nothing else and is read-only. */
export type Paths = Readonly<Record<string, () => Promise<Answer>>>

export interface Listening {
  /** The address that it listens on, with the actual port. */
  readonly url: string
  close(): void
}

// One or two monitors connect; more connections are abuse.
const MOST_CONNECTIONS = 64

/** Serves a few paths. @throws SyncError `fix-config`, code `listen`, if the address is not available. */
export async function listen(address: Address, paths: Paths): Promise<Listening> {
  // Loaded only if the server is needed.
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer((request, response) => void answer(request, response, paths))
  server.maxConnections = MOST_CONNECTIONS
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refused(address, error)))
    server.listen(address.port, address.host, resolve)
  })
  server.on('error', () => {})
  const { port } = server.address() as AddressInfo
  return {
    url: urlOf({ host: address.host, port }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, paths: Paths): Promise<void> {
  response.on('error', () => {})
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const serve = Object.hasOwn(paths, path) ? paths[path] : undefined
  const text = (status: number, body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body })
  const { status, type, body } = !isRead
    ? text(405, 'only GET is supported\n')
    : serve === undefined
      ? text(404, `${Object.keys(paths).join('\n')}\n`)
      : await serve().catch(() => text(500, 'internal error\n'))
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(isRead ? {} : { allow: 'GET, HEAD' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refused(address: Address, error: NodeJS.ErrnoException): SyncError {
  const { host, port } = address
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE: `another program uses the port; stop that program, or choose another port, such as --listen ${host === '127.0.0.1' ? '' : `${host}:`}${port === 65_535 ? 9464 : port + 1}`,
    EACCES: 'this user may not listen on this port; choose a port above 1023',
    EADDRNOTAVAIL: `"${host}" is not an address of this machine; use 127.0.0.1 for this machine only, or 0.0.0.0 for all of its networks`,
    ENOTFOUND: `the host "${host}" is unknown; use 127.0.0.1 for this machine only, or 0.0.0.0 for all of its networks`,
  }
  const problem = problems[error.code ?? ''] ?? `cannot listen on this address (${error.message}); choose another one`
  return new SyncError(`--listen ${urlOf(address).slice('http://'.length)}: ${problem}`, 'fix-config', {
    cause: error,
    code: 'listen',
  })
}

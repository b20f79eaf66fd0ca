import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { SyncError } from '@tidemark/core'
import type { Hono } from 'hono'

const TRIES = 20
/** One or two browsers open a dozen; more connections are abuse. */
const MOST_CONNECTIONS = 256
/** Time limit to receive a whole request. */
const REQUEST_MS = 10_000

/** Serves on this machine only, on the given port or the next free one. @returns the server and its port. */
export async function listenLocally(
  app: Hono,
  wanted: number,
): Promise<{ readonly server: ServerType; readonly port: number }> {
  for (let port = wanted; port < wanted + TRIES && port < 65_536; port++) {
    const server = createAdaptorServer({
      fetch: app.fetch,
      serverOptions: { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    })
    server.maxConnections = MOST_CONNECTIONS
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen(port, '127.0.0.1', () => resolve(undefined))
    })
    if (error === undefined) return { server, port: (server.address() as AddressInfo).port }
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')
      throw new SyncError(`cannot listen on 127.0.0.1: ${error.message}`, 'fix-config', { cause: error })
  }
  throw new SyncError(
    `no port from ${wanted} to ${Math.min(wanted + TRIES, 65_536) - 1} is free on 127.0.0.1; name another with --port`,
    'fix-config',
  )
}

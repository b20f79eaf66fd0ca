import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { SyncError } from '@tidemark/core'
import type { Hono } from 'hono'

const TRIES = 20
/** One or two browsers open a dozen; more connections are abuse. */
const MOST_CONNECTIONS = 256
/** Time limit to receive a whole request. */
const REQUEST_MS = 10_000

/** Whether only this machine reaches an address. */
export const isLoopback = (host: string): boolean => /^(?:127\.[\d.]+|::1|localhost)$/.test(host)

/**
 * Serves on an address, on the given port. On this machine only, also on the next free one: nobody has written the port down.
 *
 * @returns the server and its port.
 */
export async function listenOn(
  app: Hono,
  host: string,
  wanted: number,
): Promise<{ readonly server: ServerType; readonly port: number }> {
  const tries = isLoopback(host) ? TRIES : 1
  for (let port = wanted; port < wanted + tries && port < 65_536; port++) {
    const server = createAdaptorServer({
      fetch: app.fetch,
      serverOptions: { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    })
    server.maxConnections = MOST_CONNECTIONS
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen(port, host, () => resolve(undefined))
    })
    if (error === undefined) return { server, port: (server.address() as AddressInfo).port }
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES')
      throw new SyncError(`cannot listen on ${host}: ${error.message}`, 'fix-config', { cause: error })
  }
  throw new SyncError(
    tries === 1
      ? `port ${wanted} of ${host} is not free; name another with --port`
      : `no port from ${wanted} to ${Math.min(wanted + tries, 65_536) - 1} is free on ${host}; name another with --port`,
    'fix-config',
  )
}

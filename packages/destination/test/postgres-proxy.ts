import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP proxy before a Postgres server that knows one word of its protocol: COMMIT. */
export interface Proxy {
  readonly url: string
  /** The next COMMIT: its answer, or it itself, is lost, and the connection with it. */
  lose(what: 'reply' | 'commit'): void
  /** Whether that has happened. */
  lost(): boolean
}

/** The simple query `commit`, as the driver sends it. */
const COMMIT = Buffer.from([...Buffer.from('Q'), 0, 0, 0, 11, ...Buffer.from('commit\0')])

export async function proxyTo(url: string): Promise<Proxy> {
  const { hostname, port } = new URL(url)
  let next: 'reply' | 'commit' | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let dropping = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => {
      if (next === undefined || !chunk.includes(COMMIT)) return void upstream.write(chunk)
      const what = next
      next = undefined
      if (what === 'commit') return void client.resetAndDestroy()
      dropping = true
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      // The server has done it by now.
      if (dropping) client.resetAndDestroy()
      else client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const own = new URL(url)
  own.port = String((server.address() as { readonly port: number }).port)
  return {
    url: own.href,
    lose: (what) => {
      next = what
    },
    lost: () => next === undefined,
  }
}

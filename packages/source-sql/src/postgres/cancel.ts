import { connect } from 'node:net'
import type pg from 'pg'

interface Identified {
  readonly host: string
  readonly port: number
  readonly processID: number | null
  readonly secretKey: number | null
}

const CANCEL_REQUEST = 80_877_102

/** Tells a server to stop what a session is doing, over a connection of its own, as the protocol wants it. Waits for nothing. */
export function cancel(client: pg.Client): void {
  const { host, port, processID, secretKey } = client as unknown as Identified
  if (processID === null || typeof secretKey !== 'number') return
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(CANCEL_REQUEST, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.on('error', () => {})
  socket.setTimeout(5000, () => socket.destroy())
  socket.unref()
  socket.end(request)
}

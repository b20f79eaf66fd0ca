import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below what systems hand out to connections and to servers that ask for any port: between here and the start of the server
 * that is told to listen there, a connection of another test could get a port from that range.
 */
const [FIRST, END] = [10_000, 32_768]

/** A port of the loopback that nobody listens on, for a program that has to be told its port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface FaultProxyOptions {
  /** Where the real server listens. */
  readonly port: number
  readonly host?: string | undefined
}

/** What the proxy does to bytes on their way. */
export interface ProxyFault {
  /** `request`: from the client; `reply`: from the server. */
  readonly on: 'request' | 'reply'
  /** Only a piece of bytes that holds this text; absent: the next one. */
  readonly holding?: string | undefined
  /**
   * `drop`: the piece never arrives, and the connection breaks. `reset`: the connection breaks before the piece, with a
   * reset. `half-open`: nothing passes any more, and neither side gets to know. `delay`: the piece comes late.
   * `blank`: the text it holds is overwritten with spaces.
   */
  readonly action: 'drop' | 'reset' | 'half-open' | 'delay' | 'blank'
  /** Only of `delay`. */
  readonly ms?: number | undefined
  /** How often; 1. */
  readonly times?: number | undefined
}

/** A server on loopback that hands every connection on to another one, and does to the bytes what the test asks for. */
export interface FaultProxy {
  readonly port: number
  /** Adds a fault. @returns how often it has happened. */
  inject(fault: ProxyFault): () => number
  /** Takes all faults away; a connection that is half open stays so. */
  mend(): void
  /** Breaks every connection there is. */
  resetAll(): void
  /** Connections that are open. */
  readonly connections: () => number
  close(): Promise<void>
}

interface Armed {
  readonly fault: ProxyFault
  left: number
  happened: number
}

export async function openFaultProxy({ port, host = '127.0.0.1' }: FaultProxyOptions): Promise<FaultProxy> {
  const armed: Armed[] = []
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer({ allowHalfOpen: false }, (client) => {
    const upstream = connect(port, host)
    const pair = [client, upstream] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of pair) socket.on('close', end).on('error', end).setNoDelay(true)
    const line = { isSilent: false }
    carry({ from: client, to: upstream, on: 'request', armed, line })
    carry({ from: upstream, to: client, on: 'reply', armed, line })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const resetAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    inject(fault) {
      const one = { fault, left: fault.times ?? 1, happened: 0 }
      armed.push(one)
      return () => one.happened
    },
    mend() {
      armed.length = 0
    },
    resetAll,
    connections: () => pairs.size,
    async close() {
      resetAll()
      await new Promise((done) => server.close(done))
    },
  }
}

interface Way {
  readonly from: Socket
  readonly to: Socket
  readonly on: ProxyFault['on']
  readonly armed: readonly Armed[]
  /** Both ways of a connection: a half-open one carries nothing any more. */
  readonly line: { isSilent: boolean }
}

/** Carries bytes one way, one piece after another, so that a late one holds up those behind it. */
function carry({ from, to, on, armed, line }: Way): void {
  let before = Promise.resolve()
  from.on('data', (bytes: Buffer) => {
    before = before.then(() => pass(bytes))
  })
  const pass = async (given: Buffer): Promise<void> => {
    if (line.isSilent) return
    const met = armed.filter(
      ({ fault, left }) =>
        left > 0 && fault.on === on && (fault.holding === undefined || given.includes(fault.holding)),
    )
    // One piece may be blanked in many ways; of what else happens to it the first counts.
    const blanks = met.filter(({ fault }) => fault.action === 'blank')
    const one = met.find(({ fault }) => fault.action !== 'blank')
    for (const counted of one === undefined ? blanks : [...blanks, one]) {
      counted.left--
      counted.happened++
    }
    const bytes = blanks.reduce((before, { fault }) => blanked(before, fault.holding ?? ''), given)
    if (one === undefined) {
      to.write(bytes)
      return
    }
    const { action, ms = 0 } = one.fault
    if (action === 'delay') await wait(ms)
    if (action === 'half-open') {
      line.isSilent = true
      return
    }
    if (action === 'drop' || action === 'reset') {
      if (action === 'reset') {
        from.resetAndDestroy()
        to.resetAndDestroy()
      } else from.destroy()
      return
    }
    to.write(bytes)
  }
}

function blanked(bytes: Buffer, text: string): Buffer {
  const copy = Buffer.from(bytes)
  for (let at = copy.indexOf(text); text !== '' && at >= 0; at = copy.indexOf(text, at))
    copy.fill(' ', at, at + text.length)
  return copy
}

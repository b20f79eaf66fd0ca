import type { FaultProxy } from '../crash/fault-proxy.ts'
import type { Fault, FaultServer } from '../source/fault-server.ts'

/**
 * How a function goes wrong: it never answers (`hang`), gives a row or a byte now and then (`drip`), is refused or answered
 * with a status (`refuse`, `500`, `429` with a wait of 90 seconds), or breaks off in the middle (`cut`).
 */
export const WAYS = ['hang', 'drip', 'refuse', '500', '429', 'cut'] as const
export type Way = (typeof WAYS)[number]

/** What lies between a source and its system, and can go wrong. */
export interface FaultLine {
  /** From now on every request goes wrong in this way. */
  fail(way: Way): void
  /** It is well again; what hangs goes on hanging. */
  mend(): void
  /** Connections of the source that are open. */
  connections(): number
  close(): Promise<void>
}

const SERVED: Readonly<Record<Way, Fault>> = {
  hang: 'silence',
  drip: 'trickle',
  refuse: 'reset',
  '500': { status: 500 },
  '429': { status: 429, headers: { 'retry-after': '90' } },
  cut: 'cut',
}

/** A server that misbehaves in the system's place. */
export function serverLine(server: FaultServer): FaultLine {
  return {
    fail: (way) => {
      server.fault = SERVED[way]
    },
    mend: () => {
      server.fault = undefined
    },
    connections: () => server.connections,
    close: () => server.close(),
  }
}

const DRIP_MS = 500

/** A proxy that misbehaves in front of the system; it knows no status, so what is one breaks the connection instead. */
export function proxyLine(proxy: FaultProxy): FaultLine {
  const times = Number.POSITIVE_INFINITY
  return {
    fail(way) {
      if (way === 'hang') proxy.inject({ on: 'reply', action: 'half-open', times })
      else if (way === 'drip') proxy.inject({ on: 'reply', action: 'delay', ms: DRIP_MS, times })
      else if (way === 'cut') proxy.inject({ on: 'reply', action: 'drop', times })
      else proxy.inject({ on: 'request', action: 'reset', times })
    },
    mend: () => proxy.mend(),
    connections: () => proxy.connections(),
    close: () => proxy.close(),
  }
}

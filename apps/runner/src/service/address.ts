import { isIP } from 'node:net'
import { SyncError } from '@tidemark/core'

/** The address of /healthz and /metrics. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Reads `[host:]port`. @throws SyncError `fix-config`, code `usage`. */
export function addressOf(text: string): Address {
  const [, bracketed, name, digits = ''] = /^(?:\[([^\]]*)\]:|([^:[\]]*):)?(\d{1,5})$/.exec(text.trim()) ?? []
  const port = Number(digits)
  const host = bracketed ?? name ?? '127.0.0.1'
  const isHost = bracketed === undefined ? /^[\w.-]+$/.test(host) : isIP(bracketed) === 6
  if (digits === '' || port > 65_535 || !isHost) {
    throw new SyncError(
      `--listen: "${text}" is not an address; write a port, or a host and a port, such as 9464, 0.0.0.0:9464 or [::1]:9464`,
      'fix-config',
      { code: 'usage' },
    )
  }
  return { host, port }
}

export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

import { BlockList, isIP } from 'node:net'
import { SyncError } from '@tidemark/core'

/** Whether a peer is a proxy whose headers are believed. */
export type ProxyTrust = (address: string | undefined) => boolean

export const TRUSTS_NOBODY: ProxyTrust = () => false

/**
 * Reads addresses and networks of proxies: `loopback`, `10.0.0.5`, `10.0.0.0/8`, with commas between them.
 *
 * @throws SyncError `fix-config`, code `usage`.
 */
export function proxyTrust(text: string): ProxyTrust {
  const list = new BlockList()
  for (const one of text.split(',').map((part) => part.trim())) {
    if (one === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4')
      list.addAddress('::1', 'ipv6')
      continue
    }
    const [address = '', bits, ...more] = one.split('/')
    const kind = isIP(address)
    const most = kind === 4 ? 32 : 128
    const length = bits === undefined ? most : Number(bits)
    if (kind === 0 || more.length > 0 || !/^\d{1,3}$/.test(bits ?? '0') || length > most)
      throw new SyncError(
        `--trust-proxy: "${one}" is not an address; write the address or network of the proxy, such as loopback, 10.0.0.5 or 10.0.0.0/8`,
        'fix-config',
        { code: 'usage' },
      )
    list.addSubnet(address, length, kind === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    if (address === undefined) return false
    // A socket that takes both kinds says ::ffff:10.0.0.5.
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
    const kind = isIP(plain)
    return kind !== 0 && list.check(plain, kind === 4 ? 'ipv4' : 'ipv6')
  }
}

import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { SyncError } from '@tidemark/core'

/** Where no API lives, but where a cloud machine reads its own credentials. */
const METADATA = new BlockList()
METADATA.addSubnet('169.254.0.0', 16, 'ipv4')
METADATA.addSubnet('fe80::', 10, 'ipv6')
METADATA.addAddress('fd00:ec2::254', 'ipv6')
METADATA.addAddress('fd20:ce::254', 'ipv6')
METADATA.addAddress('100.100.100.200', 'ipv4')
METADATA.addAddress('168.63.129.16', 'ipv4')
METADATA.addAddress('192.0.0.192', 'ipv4')

/** Addresses of this machine and of networks that are nobody else's business. */
const PRIVATE = new BlockList()
PRIVATE.addSubnet('0.0.0.0', 8, 'ipv4')
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4')
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4')
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4')
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4')
PRIVATE.addSubnet('192.0.0.0', 24, 'ipv4')
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4')
PRIVATE.addSubnet('198.18.0.0', 15, 'ipv4')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addAddress('::', 'ipv6')

/** Says which addresses may be connected to. */
export interface AddressGuard {
  /** @throws SyncError `fix-config` where the host of a URL is an address that may not be. */
  check(url: URL): void
  /** As `dns.lookup`, but fails where a name stands for an address that may not be. */
  readonly lookup: LookupFunction
}

export interface AddressGuardOptions {
  /** Hosts the user named: they may lie in a private network. */
  readonly named: ReadonlySet<string>
  /** Hosts and addresses that may be connected to, whatever they are. */
  readonly allowed: ReadonlySet<string>
}

/**
 * Keeps an API (or whoever answers in its place) from sending this machine to where it alone can go: link-local addresses,
 * where clouds hand out credentials, always; private ones unless the user named the host.
 */
export function createAddressGuard({ named, allowed }: AddressGuardOptions): AddressGuard {
  const problem = (host: string, address: string, shown = host): SyncError | undefined => {
    if (allowed.has(host) || allowed.has(address)) return undefined
    const kind = isWithin(METADATA, address) ? 'link-local' : 'private'
    if (kind === 'private' && (named.has(host) || !isWithin(PRIVATE, address))) return undefined
    const what = host === address ? shown : `${host} (${address})`
    return new SyncError(
      kind === 'link-local'
        ? `${what} is a metadata address of the machine, so the request is refused; to allow it, list "${host}" under "allow"`
        : `a request to ${what} is refused: it is an address of a private network, and not one of the API's own hosts and ports; to allow it, list "${host}" under "allow"`,
      'fix-config',
      { code: 'address-refused' },
    )
  }
  return {
    check(url) {
      const host = hostOf(url)
      const refused = isIP(host) === 0 ? undefined : problem(host, host, url.host)
      if (refused !== undefined) throw refused
    },
    lookup(hostname, options, callback) {
      resolve(hostname, options, (error, address, family) => {
        const all = Array.isArray(address) ? address.map((one) => one.address) : [address]
        const refused =
          error === null ? all.map((one) => problem(hostname, one)).find((one) => one !== undefined) : undefined
        callback((refused as NodeJS.ErrnoException | undefined) ?? error, address as string, family)
      })
    },
  }
}

/** The host name of a URL, an IPv6 address without its brackets. */
const hostOf = (url: URL): string => bare(url.hostname)
export const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

function isWithin(list: BlockList, address: string): boolean {
  const family = isIP(address)
  if (family === 4) return list.check(address, 'ipv4')
  if (family !== 6) return false
  const inner = embeddedIpv4(address)
  return list.check(address, 'ipv6') || (inner !== undefined && list.check(inner, 'ipv4'))
}

/** The IPv4 address within an IPv6 one: mapped (`::ffff:a.b.c.d`), or behind a NAT64 (`64:ff9b::a.b.c.d`). */
function embeddedIpv4(address: string): string | undefined {
  // As the URL parser writes it, all in hexadecimal.
  const text = URL.canParse(`http://[${address}]`) ? hostOf(new URL(`http://[${address}]`)) : address
  const match = /^(?:::ffff:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text)
  if (match === null) return undefined
  const [high, low] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** What an address says, before anybody thinks about it. */
export interface AddressParts {
  /** As they are written, several in turn. */
  readonly hosts: readonly { readonly host: string; readonly port: string }[]
  readonly user: string
  readonly password: string
  readonly database: string
  readonly parameters: URLSearchParams
}

/** What refuses an address, without repeating it: where it cannot be read, nobody knows where its password is. */
export type Refuse = (problem: string) => never

const UNESCAPED =
  'is not a valid URL; write characters such as "@", "/", "#" or "%" in a password as %40, %2F, %23 and %25'
const MAY_HOLD_AT = /^(user|password|options|dbname|application_name|fallback_application_name)$/

/** Not by `URL`, which takes what stands before an unescaped "/" for the host, and knows no user without a host. */
export function parseUrl(text: string, refuse: Refuse): AddressParts {
  const [, who = '', place = '', path = '', query = '', hash = ''] =
    /^[a-z0-9+]+:(?:\/\/)?(?:([^/?#]*)@)?([^/?#]*)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/is.exec(text) ?? refuse(UNESCAPED)
  const parameters = new URLSearchParams(query)
  const inParameters = [...parameters].some(
    ([name, value]) => `${name}=${value}`.includes('@') && !MAY_HOLD_AT.test(name.toLowerCase()),
  )
  if (hash !== '' || path.includes('@') || inParameters) return refuse(UNESCAPED)
  const colon = who.indexOf(':')
  return {
    hosts: place.split(',').map((one) => placeOf(one, refuse)),
    user: decoded(colon === -1 ? who : who.slice(0, colon), refuse),
    password: colon === -1 ? '' : decoded(who.slice(colon + 1), refuse),
    database: decoded(path.slice(1), refuse),
    parameters,
  }
}

function placeOf(text: string, refuse: Refuse): { host: string; port: string } {
  const [, host = '', port = ''] = /^(\[[0-9a-f:.%]+\]|[^:[\]\s]*)(?::(\d*))?$/i.exec(text) ?? refuse(UNESCAPED)
  return { host: decoded(host.replace(/^\[(.*)\]$/, '$1'), refuse), port }
}

export function decoded(text: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('has a "%" without two hex digits after it; write it as %25')
  }
}

const ENTRY = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))(?=\s|$)/gsy

/** Reads `host=db password='it\'s me'`. */
export function parseDsn(text: string, refuse: Refuse): AddressParts {
  const parameters = new URLSearchParams()
  ENTRY.lastIndex = 0
  let end = 0
  for (let found = ENTRY.exec(text); found !== null; found = ENTRY.exec(text)) {
    const [, name = '', quoted, bare = ''] = found
    parameters.append(name.toLowerCase(), (quoted ?? bare).replace(/\\(.)/gs, '$1'))
    end = ENTRY.lastIndex
  }
  if (text.slice(end).trim() !== '')
    return refuse("is not a list of key=value; put a value with spaces in quotes, as in password='a b'")
  return { hosts: [{ host: '', port: '' }], user: '', password: '', database: '', parameters }
}

import type { Parts, Refuse } from './address-parts.ts'

const ENTRY = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))(?=\s|$)/gsy

/** Reads `host=db password='it\'s me'`. */
export function parseDsn(text: string, refuse: Refuse): Parts {
  const parameters = new URLSearchParams()
  ENTRY.lastIndex = 0
  let end = 0
  for (let found = ENTRY.exec(text); found !== null; found = ENTRY.exec(text)) {
    const [, name = '', quoted, bare = ''] = found
    parameters.append(name.toLowerCase(), (quoted ?? bare).replace(/\\(.)/gs, '$1'))
    end = ENTRY.lastIndex
  }
  if (text.slice(end).trim() !== '')
    return refuse("is not a valid list of key=value (quote a value with spaces, as in password='a b')")
  return { host: '', port: '', user: '', password: '', database: '', parameters }
}

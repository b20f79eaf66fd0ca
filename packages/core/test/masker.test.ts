import { describe, expect, it } from 'vitest'
import { createMasker } from '../src/values/masker.ts'

const CANARY = 'c4nary/+"töken" &x'

describe('redaction', () => {
  const secrets = createMasker()
  secrets.add([CANARY, 'abcd1234', 'abcd1234-longer'])

  it.each([
    ['as it is', CANARY],
    ['URL-encoded', encodeURIComponent(CANARY)],
    ['as a form field', new URLSearchParams({ t: CANARY }).toString().slice(2)],
    ['inside JSON', JSON.stringify(CANARY).slice(1, -1)],
    ['base64', Buffer.from(CANARY).toString('base64')],
    ['base64url', Buffer.from(CANARY).toString('base64url')],
    ['in the base64 of a user and a password', Buffer.from(`me:${CANARY}`).toString('base64')],
    ['in the base64 of another user', Buffer.from(`user:${CANARY}\n`).toString('base64')],
  ])('hides a secret %s', (_, form) => {
    const shown = secrets.redact(`before ${form} after`)
    expect(shown).toContain('***')
    expect(shown).toMatch(/^before .* after$/)
    expect(shown).not.toContain(form)
    // Nothing of the middle is left, in whatever form.
    expect(shown).not.toContain(form.slice(8, -8))
  })

  it('hides the longer of two secrets of which one begins the other', () => {
    expect(secrets.redact('x abcd1234-longer y abcd1234 z')).toBe('x *** y *** z')
  })

  it('hides a password in any URL, known or not', () => {
    expect(secrets.redact('cannot reach postgres://me:hunter22@db:5432/x')).toBe(
      'cannot reach postgres://me:***@db:5432/x',
    )
  })
})

describe('what APIs make of a token that they echo', () => {
  const TOKEN = 'sk/live+9f&8"e\\7d=é6c5b4a3'
  const hex = (text: string, join: string, before = '') =>
    [...Buffer.from(text)].map((byte) => before + byte.toString(16).padStart(2, '0')).join(join)
  const entities = (text: string) => text.replace(/[&<>"'+/=é]/g, (one) => `&#${one.charCodeAt(0)};`)
  const json = (text: string) => JSON.stringify(text).slice(1, -1)
  const escaped = (text: string) =>
    text.replace(/[^a-z0-9]/gi, (one) => `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
  const FORMS: Readonly<Record<string, (text: string) => string>> = {
    'PHP, with \\/': (text) => json(text).replaceAll('/', '\\/'),
    'JSON with \\u002B': escaped,
    'JSON in JSON': (text) => json(json(text)),
    'URL-encoded': encodeURIComponent,
    'URL-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
    'URL-encoded three times': (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
    'URL-encoded in lower case': (text) => encodeURIComponent(text).replace(/%../g, (one) => one.toLowerCase()),
    'every byte URL-encoded': (text) => hex(text, '', '%'),
    'HTML, decimal': entities,
    'HTML, hexadecimal': (text) => text.replace(/[^a-z0-9]/gi, (one) => `&#x${one.charCodeAt(0).toString(16)};`),
    'HTML, by name': (text) =>
      text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('+', '&plus;').replaceAll('/', '&sol;'),
    'HTML in HTML': (text) => entities(text).replaceAll('&', '&amp;'),
    'JSON in a URL': (text) => encodeURIComponent(json(text)),
    'a URL in HTML in JSON': (text) => json(entities(encodeURIComponent(text).replaceAll('%', '&#37;'))),
    JavaScript: (text) => text.replace(/[^a-z0-9]/gi, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`),
    hexadecimal: (text) => hex(text, ''),
    'hexadecimal in upper case': (text) => hex(text, '').toUpperCase(),
    'a dump of bytes': (text) => hex(text, ' '),
    'bytes with colons': (text) => hex(text, ':'),
    'bytes of C': (text) => hex(text, ', ', '0x'),
    'a Buffer as JSON': (text) => `[${[...Buffer.from(text)].join(',')}]`,
    wrapped: (text) => text.replace(/(.{9})/g, '$1\r\n  '),
    'wrapped in JSON': (text) => json(text.replace(/(.{9})/g, '$1\n')),
    'wrapped as mail does it': (text) => text.replaceAll('=', '=3D').replace(/(.{9})/g, '$1=\r\n'),
    'with what nobody sees in it': (text) => text.replace(/(.{3})/g, '$1\u200b'),
    'in colours': (text) => text.replace(/(.{7})/g, '\u001b[31m$1\u001b[0m'),
    'in other case': (text) => text.toUpperCase().replace('É', 'é'),
    'taken apart by Unicode': (text) => text.normalize('NFD'),
  }

  it.each(Object.entries(FORMS))('is hidden: %s', (_, form) => {
    const { add, redact } = createMasker()
    add([TOKEN])
    const text = form(TOKEN)
    expect(text).not.toBe(TOKEN)
    expect(redact(`before ${text} after`)).toMatch(/^before (?:\[|\u001b\[31m)?\*\*\*\]?\s* after$/)
    expect(redact(JSON.stringify({ error: `token ${text}` }))).not.toMatch(/sk|live|7d|6c5|NWI0/i)
  })

  const BASE64: Readonly<Record<string, (text: string) => string>> = {
    'base64 in lines': (text) =>
      Buffer.from(`user:${text}`)
        .toString('base64')
        .replace(/(.{16})/g, '$1\r\n'),
    'base64 in JSON of PHP': (text) => json(Buffer.from(`a${text}`).toString('base64')).replaceAll('/', '\\/'),
    'base64 in a URL': (text) => encodeURIComponent(Buffer.from(`ab${text}c`).toString('base64')),
    'the Basic of OAuth': (text) => Buffer.from(`id:${encodeURIComponent(text)}`).toString('base64'),
    'base64 of JSON': (text) => Buffer.from(JSON.stringify({ token: text })).toString('base64url'),
  }

  it.each(Object.entries(BASE64))('is hidden: %s', (_, form) => {
    const { add, redact } = createMasker()
    add([TOKEN])
    const text = form(TOKEN)
    const shown = redact(`before ${text} after`)
    expect(shown).toMatch(/^before .*\*\*\*.* after$/s)
    expect(shown.length).toBeLessThan(text.length / 2 + 30)
  })

  it('is hidden where the answer was cut within it', () => {
    const { add, redact } = createMasker()
    add(['ghp_0123456789abcdefghij'])
    expect(redact('bad token ghp_0123456…')).toBe('bad token ***…')
    expect(redact('bad token "ghp_012345... and more')).toBe('bad token "***... and more')
    expect(redact('bad token ghp_01234567')).toBe('bad token ***')
    expect(redact('no token like ghp_')).toBe('no token like ghp_')
  })

  it('is hidden however it is wrapped, up to three times', () => {
    const { add, redact } = createMasker()
    add([TOKEN])
    const wraps = [json, encodeURIComponent, entities, escaped, (text: string) => text.replace(/(.{11})/g, '$1\n')]
    for (const a of wraps)
      for (const b of wraps)
        for (const c of wraps)
          expect(redact(`<${c(b(a(TOKEN)))}>`)).toMatch(/^<\*\*\*\s*>$|^<\*\*\*(?:\\n|%0A|&#10;)?>$/)
  })

  it('takes a secret that holds escapes itself as it is written and as it is read', () => {
    const { add, redact } = createMasker()
    add(['p%40ss%2Fword'])
    for (const form of ['p%40ss%2Fword', 'p@ss/word', 'p%2540ss%252Fword', 'p@ss\\/word'])
      expect(redact(`<${form}>`)).toBe('<***>')
  })

  it('a key file is hidden as a whole, by its lines, and without them', () => {
    const lines = Array.from({ length: 25 }, (_, at) => Buffer.alloc(48, at + 65).toString('base64'))
    const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
    const { add, redact } = createMasker()
    add([key])
    for (const form of [key, JSON.stringify(key), key.replaceAll('\n', ' '), lines[7]!, encodeURIComponent(key)])
      expect(redact(`x ${form} y`)).not.toMatch(/QUFBQ|SEhI/)
  })
})

describe('what is no secret stays', () => {
  it.each([
    ['a short secret within other words', 'shop', 'shop_orders: shopping 2 shops', 'shop_orders: shopping 2 shops'],
    ['it alone is hidden', 'shop', 'the password shop is wrong', 'the password *** is wrong'],
    ['digits within a time', '2026', '2026-11-29T00:00:00Z 120260', '***-11-29T00:00:00Z 120260'],
    [
      'a port and a path with @',
      'unused-secret',
      'http://h:8080/a@b and https://r:443/@x/y',
      'http://h:8080/a@b and https://r:443/@x/y',
    ],
    [
      'an address of mail',
      'unused-secret',
      'https://example.org/?to=me@example.org',
      'https://example.org/?to=me@example.org',
    ],
  ])('%s', (_, secret, text, shown) => {
    const { add, redact } = createMasker()
    add([secret])
    expect(redact(text)).toBe(shown)
  })
})

describe('a password that nobody named', () => {
  const { redact } = createMasker()
  it.each([
    ['postgres://me:pa/ss@host:5432/db', 'postgres://me:***@host:5432/db'],
    ['postgres://me:pa?ss#wo@rd@host/db', 'postgres://me:***@host/db'],
    ['postgres://me@tenant:p:a@host/db', 'postgres://me@tenant:***@host/db'],
    ['redis://:pass@host', 'redis://:***@host'],
    ['postgres:\\/\\/me:pass@host', 'postgres:\\/\\/me:***@host'],
    ['postgres%3A%2F%2Fme%3Apass%40host', 'postgres%3A%2F%2Fme%3A***%40host'],
    ['host=db user=me password=pass dbname=x', 'host=db user=me password=*** dbname=x'],
    ["password='it\\'s me' host=db", 'password=*** host=db'],
    ['jdbc:postgresql://h/db?user=me&password=pass&ssl=true', 'jdbc:postgresql://h/db?user=me&password=***&ssl=true'],
    ['Server=h;Pwd=pass;', 'Server=h;Pwd=***;'],
  ])('is hidden in %s', (text, shown) => {
    expect(redact(`no answer from ${text} today`)).toBe(`no answer from ${shown} today`)
  })
})

it('a text that was made to take long takes no time', () => {
  const { add, redact } = createMasker()
  add(['0123456789abcdef', 'a b c d'])
  const before = performance.now()
  for (const piece of [
    ' ',
    '\\',
    '%',
    '%25',
    '&amp;',
    'a://b:',
    'password=',
    '\n ',
    '01234567',
    '\u001b]',
    '\u001b[',
    '0x30,',
    '<br',
    "'",
  ])
    redact(piece.repeat(200_000 / piece.length))
  expect(performance.now() - before).toBeLessThan(5000)
})

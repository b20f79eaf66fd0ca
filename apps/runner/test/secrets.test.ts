import { secret } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { passwordsIn, secretsIn } from '../src/secrets.ts'

describe('finding secrets', () => {
  it('finds every secret of a schema at any depth', () => {
    const schema = z.object({
      token: secret(),
      optional: secret().optional(),
      byDefault: secret().default('default-secret'),
      list: z.array(z.object({ key: secret() })),
      record: z.record(z.string(), z.object({ key: secret().nullable() })),
      either: z.union([
        z.object({ kind: z.literal('a'), a: secret() }),
        z.object({ kind: z.literal('b'), b: z.string() }),
      ]),
      piped: secret().pipe(z.string().min(3)),
      tuple: z.tuple([z.string(), secret()]),
      plain: z.string(),
    })
    const value = {
      token: 's-one',
      optional: 's-two',
      byDefault: 's-three',
      list: [{ key: 's-four' }],
      record: { x: { key: 's-five' } },
      either: { kind: 'a', a: 's-six' },
      piped: 's-seven',
      tuple: ['x', 's-eight'],
      plain: 'shown',
    }
    const found = secretsIn(schema, value).toSorted()
    expect([...new Set(found)]).toEqual([
      's-eight',
      's-five',
      's-four',
      's-one',
      's-seven',
      's-six',
      's-three',
      's-two',
    ])
  })

  it('finds passwords of URLs wherever they stand, as written and decoded', () => {
    expect(secretsIn(undefined, { a: [{ url: 'mysql://u:p%40ss@h/db' }] })).toEqual(['p%40ss', 'p@ss'])
  })

  it.each<[string, readonly string[]]>([
    ['postgres://me:pa/ss@host/db', ['pa/ss']],
    ['postgres://me:12/34@host/db', ['12/34']],
    ['postgres://me:pa#ss@host/db', ['pa#ss']],
    ['postgres://me:p@ss?word@host/db', ['p@ss?word']],
    ['postgres://me:pa%ss@host/db', ['pa%ss']],
    ['postgresql://me:two words@host', ['two words']],
    ["host=db user=me password='it\\'s me'", ["it\\'s me", "it's me"]],
    ['host=db password=plain dbname=x', ['plain']],
    ['jdbc:postgresql://h/db?user=me&password=secret', ['secret']],
    ['Server=h;Password=secret;Database=x', ['secret']],
  ])('finds what may be the password of %s', (text, wanted) => {
    for (const one of wanted) expect(passwordsIn(text)).toContain(one)
  })

  it('takes no path for a password', () => {
    expect(passwordsIn('https://example.org:8080/a@b')).toEqual([])
  })
})
